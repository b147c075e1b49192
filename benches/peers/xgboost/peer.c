/* XGBoost's own library: prediction in place, from a dense matrix. Arguments: booster.json. */
#include "../driver/driver.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* What is needed of XGBoost's C interface, whose header is not in its Python package. */
typedef void *Booster;
int XGBoosterCreate(const void *matrices, uint64_t count, Booster *booster);
int XGBoosterLoadModel(Booster booster, const char *file);
int XGBoosterSetParam(Booster booster, const char *name, const char *value);
int XGBoosterPredictFromDense(Booster booster, const char *array, const char *configuration, void *matrix,
                              const uint64_t **shape, uint64_t *dimensions, const float **answers);
const char *XGBGetLastError(void);

static Booster booster;

static void must(int code) {
    if (code) refuse("XGBoost", XGBGetLastError());
}

void prepare(char **arguments) {
    must(XGBoosterCreate(NULL, 0, &booster));
    must(XGBoosterLoadModel(booster, arguments[0]));
    must(XGBoosterSetParam(booster, "nthread", "1"));
}

/* The answers lie in a buffer of the booster's. What is passed is described as text at each call: that is its interface. */
static const float *predict(const number *rows, size_t count) {
    char array[256];
    /* Type 1 is the margin. */
    static const char configuration[] =
        "{\"type\": 1, \"iteration_begin\": 0, \"iteration_end\": 0, \"strict_shape\": false, \"cache_id\": 0, \"missing\": NaN}";
    const uint64_t *shape;
    uint64_t dimensions;
    const float *answers;
    snprintf(array, sizeof array, "{\"data\": [%" PRIuPTR ", true], \"shape\": [%zu, %d], \"typestr\": \"<f4\", \"version\": 3}",
             (uintptr_t)rows, count, COLUMNS);
    must(XGBoosterPredictFromDense(booster, array, configuration, NULL, &shape, &dimensions, &answers));
    return answers;
}

double score_one(const number *row) { return predict(row, 1)[0]; }

void score_batch(const number *rows, size_t count, double *answers) {
    const float *found = predict(rows, count);
    for (size_t at = 0; at < count; at++) answers[at] = found[at];
}
