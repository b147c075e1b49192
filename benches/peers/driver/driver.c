/* Speaks the protocol of benches/peers/README.md for a peer that is timed from C. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static number rows[ROWS * COLUMNS];
static double answers[ROWS];

/* Where the next pass goes on: a pass may be shorter or longer than all rows. */
static size_t next_row, next_block;

void refuse(const char *what, const char *why) {
    fprintf(stderr, "error: %s: %s\n", what, why);
    exit(1);
}

static double thread_nanoseconds(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)) refuse("clock", "this system does not tell a thread's CPU time");
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void pass_one(size_t count) {
    for (size_t done = 0; done < count; done++) {
        answers[next_row] = score_one(rows + next_row * COLUMNS);
        next_row = next_row + 1 == ROWS ? 0 : next_row + 1;
    }
}

/* Whole blocks: what is left over behind the last one is scored by the check alone. */
static size_t pass_batch(size_t count) {
    size_t blocks = (count + BATCH_ROWS - 1) / BATCH_ROWS;
    for (size_t done = 0; done < blocks; done++) {
        size_t first = next_block * BATCH_ROWS;
        score_batch(rows + first * COLUMNS, BATCH_ROWS, answers + first);
        next_block = next_block + 1 == ROWS / BATCH_ROWS ? 0 : next_block + 1;
    }
    return blocks * BATCH_ROWS;
}

static void pass(const char *form, size_t count) {
    double begun = thread_nanoseconds();
    if (strcmp(form, "batch") == 0) {
        count = pass_batch(count);
    } else {
        pass_one(count);
    }
    printf("%.4f\n", (thread_nanoseconds() - begun) / (double)count);
}

static void check(const char *form, const char *path) {
    memset(answers, 0, sizeof answers);
    for (size_t row = 0; row < ROWS; row += BATCH_ROWS) {
        size_t count = ROWS - row < BATCH_ROWS ? ROWS - row : BATCH_ROWS;
        if (strcmp(form, "batch") == 0) {
            score_batch(rows + row * COLUMNS, count, answers + row);
        } else {
            for (size_t at = row; at < row + count; at++) answers[at] = score_one(rows + at * COLUMNS);
        }
    }
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(answers, sizeof *answers, ROWS, file) != ROWS || fclose(file)) refuse(path, "can't be written");
    puts("checked");
}

int main(int count, char **arguments) {
    if (count < 2) refuse("usage", "DRIVER ROWS_FILE [ARGUMENT...]");
    FILE *file = fopen(arguments[1], "rb");
    if (!file || fread(rows, sizeof *rows, ROWS * COLUMNS, file) != ROWS * COLUMNS) refuse(arguments[1], "no file of all rows");
    fclose(file);
    prepare(arguments + 2);
    puts("ready");
    fflush(stdout);
    char line[4096], form[16], rest[4000];
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "check %15s %3999s", form, rest) == 2) {
            check(form, rest);
        } else if (sscanf(line, "pass %15s %3999s", form, rest) == 2) {
            pass(form, strtoul(rest, NULL, 10));
        } else {
            refuse("unknown command", line);
        }
        fflush(stdout);
    }
    return 0;
}
