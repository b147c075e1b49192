/* A model that lleaves compiled. No arguments. */
#include "../driver/driver.h"

/* Scores rows from one index to another. */
void forest_root(const double *rows, double *answers, int first, int end);

void prepare(char **arguments) { (void)arguments; }

double score_one(const number *row) {
    double answer;
    forest_root(row, &answer, 0, 1);
    return answer;
}

void score_batch(const number *rows, size_t count, double *answers) { forest_root(rows, answers, 0, (int)count); }
