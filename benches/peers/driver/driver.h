/* What a peer that is timed from C gives the driver: how it is got ready, and how it scores.
 *
 * The driver speaks the protocol of benches/peers/README.md and does the timing; it is compiled together with a peer's
 * own file, with -DNUMBER=double or -DNUMBER=float for what the peer takes. */
#ifndef DRIVER_H
#define DRIVER_H

#include <stddef.h>

#ifndef NUMBER
#error "say with -DNUMBER=double or -DNUMBER=float what rows are made of"
#endif

typedef NUMBER number;

enum { COLUMNS = 28, ROWS = 20000, BATCH_ROWS = 512 };

/* Loads the model. `arguments` are what follows the file of rows on the command line. Untimed; `refuse` ends it. */
void prepare(char **arguments);

/* Scores one row. */
double score_one(const number *row);

/* Scores rows that follow one another. */
void score_batch(const number *rows, size_t count, double *answers);

/* Ends the program with a message. */
_Noreturn void refuse(const char *what, const char *why);

#endif
