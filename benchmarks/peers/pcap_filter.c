/*
 * Runs libpcap's bpf_filter on the frames.
 *
 *     pcap_filter FRAMES PROGRAM
 *
 * PROGRAM is "count,code jt jf k,code jt jf k,...".
 */
#include "peer.h"
#include <pcap/pcap.h>

static struct bpf_insn *insns;

static struct bpf_insn *read_program(const char *text) {
    char *at;
    unsigned long count = strtoul(text, &at, 10);
    if (count == 0 || count > 4096) fail("program: bad count");
    struct bpf_insn *read = allocate(count * sizeof *read);
    for (unsigned long i = 0; i < count; i++) {
        if (*at++ != ',') fail("program: a comma is missing");
        read[i].code = (unsigned short)strtoul(at, &at, 10);
        read[i].jt = (unsigned char)strtoul(at, &at, 10);
        read[i].jf = (unsigned char)strtoul(at, &at, 10);
        read[i].k = (bpf_u_int32)strtoul(at, &at, 10);
    }
    return read;
}

static uint32_t judge(const unsigned char *bytes, uint32_t length) {
    return bpf_filter(insns, bytes, length, length);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage: pcap_filter FRAMES PROGRAM");
    insns = read_program(argv[2]);
    serve(argv[1]);
    return 0;
}
