/*
 * libpcap's bpf_filter over the frames: the peer of the interpreter.
 *
 *     pcap_filter FRAMES PROGRAM
 *
 * FRAMES is the file that Frames.write makes; PROGRAM is "count,code jt jf k,code jt jf k,...". For each line "run" on
 * standard input the program runs over all frames in their order, and a line "nanoseconds checksum" comes back.
 */
#define _GNU_SOURCE
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct frame {
    uint32_t length;
    unsigned char *bytes;
};

static void fail(const char *what) {
    fprintf(stderr, "pcap_filter: %s\n", what);
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

static struct bpf_insn *read_program(const char *text) {
    char *at;
    unsigned long count = strtoul(text, &at, 10);
    if (count == 0 || count > 4096) fail("program: bad count");
    struct bpf_insn *insns = allocate(count * sizeof *insns);
    for (unsigned long i = 0; i < count; i++) {
        if (*at++ != ',') fail("program: a comma is missing");
        insns[i].code = (unsigned short)strtoul(at, &at, 10);
        insns[i].jt = (unsigned char)strtoul(at, &at, 10);
        insns[i].jf = (unsigned char)strtoul(at, &at, 10);
        insns[i].k = (bpf_u_int32)strtoul(at, &at, 10);
    }
    return insns;
}

static int64_t cpu_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage: pcap_filter FRAMES PROGRAM");
    FILE *in = fopen(argv[1], "rb");
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
        if (index >= count) fail("the order names a frame that is not there");
        order[i] = &frames[index];
    }
    fclose(in);

    const struct bpf_insn *insns = read_program(argv[2]);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "run\n") != 0) fail("unknown request (expected: run)");
        uint32_t checksum = 0;
        int64_t start = cpu_nanos();
        for (uint32_t i = 0; i < visits; i++) {
            const struct frame *frame = order[i];
            checksum = checksum * 31 + bpf_filter(insns, frame->bytes, frame->length, frame->length);
        }
        int64_t nanos = cpu_nanos() - start;
        printf("%lld %u\n", (long long)nanos, checksum);
        fflush(stdout);
    }
    return 0;
}
