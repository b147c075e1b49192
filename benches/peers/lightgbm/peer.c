/* LightGBM's own library: the fast way for one row, and its call for a matrix. Arguments: model.txt. */
#include "../driver/driver.h"

#include <stdint.h>

/* What is needed of LightGBM's C interface, whose header is not in its Python package. */
typedef void *Booster;
typedef void *FastConfiguration;
int LGBM_BoosterCreateFromModelfile(const char *file, int *iterations, Booster *booster);
int LGBM_BoosterPredictForMatSingleRowFastInit(Booster booster, int kind, int first, int count, int type, int32_t columns,
                                               const char *parameters, FastConfiguration *configuration);
int LGBM_BoosterPredictForMatSingleRowFast(FastConfiguration configuration, const void *row, int64_t *length, double *answer);
int LGBM_BoosterPredictForMat(Booster booster, const void *rows, int type, int32_t count, int32_t columns, int row_major,
                              int kind, int first, int iterations, const char *parameters, int64_t *length, double *answers);
const char *LGBM_GetLastError(void);

enum { TYPE_FLOAT64 = 1, RAW_SCORE = 1, ALL = -1 };

static Booster booster;
static FastConfiguration configuration;

static void must(int code) {
    if (code) refuse("LightGBM", LGBM_GetLastError());
}

void prepare(char **arguments) {
    int iterations;
    must(LGBM_BoosterCreateFromModelfile(arguments[0], &iterations, &booster));
    must(LGBM_BoosterPredictForMatSingleRowFastInit(booster, RAW_SCORE, 0, ALL, TYPE_FLOAT64, COLUMNS, "num_threads=1",
                                                    &configuration));
}

double score_one(const number *row) {
    double answer;
    int64_t length;
    must(LGBM_BoosterPredictForMatSingleRowFast(configuration, row, &length, &answer));
    return answer;
}

void score_batch(const number *rows, size_t count, double *answers) {
    int64_t length;
    must(LGBM_BoosterPredictForMat(booster, rows, TYPE_FLOAT64, (int32_t)count, COLUMNS, 1, RAW_SCORE, 0, ALL, "num_threads=1",
                                   &length, answers));
}
