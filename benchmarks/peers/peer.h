/*
 * The common part of the peers in C. Their arguments are the file that Frames.write writes and the program; they answer
 * the requests that PeerProcess.java describes. A peer includes this file once, defines judge, and calls serve.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct frame {
    uint32_t length;
    unsigned char *bytes;
};

/* The verdict on a packet. */
static uint32_t judge(const unsigned char *bytes, uint32_t length);

static void fail(const char *what) {
    fprintf(stderr, "peer: %s\n", what);
    exit(1);
}

static void *allocate(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) fail("out of memory");
    return memory;
}

static uint32_t read_u32(FILE *in) {
    unsigned char b[4];
    if (fread(b, 1, 4, in) != 4) fail("the frames end early");
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t cpu_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Reads the frames, and answers requests until the end of the input. */
static void serve(const char *path) {
    FILE *in = fopen(path, "rb");
    if (!in) fail("cannot open the frames");
    uint32_t count = read_u32(in);
    struct frame *frames = allocate(count * sizeof *frames);
    for (uint32_t i = 0; i < count; i++) {
        frames[i].length = read_u32(in);
        frames[i].bytes = allocate(frames[i].length);
        if (fread(frames[i].bytes, 1, frames[i].length, in) != frames[i].length) fail("the frames end early");
    }
    uint32_t visits = read_u32(in);
    struct frame **order = allocate(visits * sizeof *order);
    for (uint32_t i = 0; i < visits; i++) {
        uint32_t index = read_u32(in);
        if (index >= count) fail("the order contains the index of no frame");
        order[i] = &frames[index];
    }
    fclose(in);

    puts("ready");
    fflush(stdout);
    uint32_t from, to;
    while (scanf("%u %u", &from, &to) == 2) {
        if (from > to || to > visits) fail("no such frames");
        uint32_t checksum = 0;
        int64_t start = cpu_nanos();
        for (uint32_t i = from; i < to; i++) checksum = checksum * 31 + judge(order[i]->bytes, order[i]->length);
        int64_t nanos = cpu_nanos() - start;
        printf("%lld %u\n", (long long)nanos, checksum);
        fflush(stdout);
    }
}
