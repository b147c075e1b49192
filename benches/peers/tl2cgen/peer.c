/* C that tl2cgen printed. No arguments. It has no call for a batch: the driver's loop is one over rows. */
#include "../driver/driver.h"

/* As the printed header says, of which each model has its own. */
union Entry {
    int missing;
    number fvalue;
    int qvalue;
};

void predict(union Entry *row, int margin, number *answer);

void prepare(char **arguments) { (void)arguments; }

double score_one(const number *row) {
    /* The printed function overwrites its row where it quantizes, so that a caller has to copy it. */
    union Entry entries[COLUMNS];
    for (int column = 0; column < COLUMNS; column++) entries[column].fvalue = row[column];
    number answer = 0;
    predict(entries, 1, &answer);
    return answer;
}

void score_batch(const number *rows, size_t count, double *answers) {
    for (size_t at = 0; at < count; at++) answers[at] = score_one(rows + at * COLUMNS);
}
