/* Compiles filter expressions with libpcap. A line in: link type, whether to optimize, expression; a line out: the
 * number of instructions and, behind commas, each of them; or '!' and why there are none. Link type -1 is a live
 * capture of the loopback interface, which is Ethernet without VLAN tags. */
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pcap_t *live(char *error)
{
    static pcap_t *capture;
    if (!capture) {
        capture = pcap_open_live("lo", 262144, 0, 1000, error);
    }
    return capture;
}

int main(void)
{
    static char line[1 << 20];
    while (fgets(line, sizeof line, stdin)) {
        char *rest;
        char error[PCAP_ERRBUF_SIZE];
        line[strcspn(line, "\n")] = 0;
        int type = strtol(line, &rest, 10);
        int optimize = strtol(rest, &rest, 10);
        pcap_t *pcap = type < 0 ? live(error) : pcap_open_dead(type, 262144);
        struct bpf_program program;
        if (!pcap) {
            printf("! %s\n", error);
        } else if (pcap_compile(pcap, &program, rest + 1, optimize, 0xffffff00)) {
            printf("! %s\n", pcap_geterr(pcap));
        } else {
            printf("%u", program.bf_len);
            for (unsigned i = 0; i < program.bf_len; i++) {
                struct bpf_insn *insn = program.bf_insns + i;
                printf(",%d %d %d %u", insn->code, insn->jt, insn->jf, insn->k);
            }
            printf("\n");
            pcap_freecode(&program);
        }
        fflush(stdout);
        if (pcap && type >= 0) {
            pcap_close(pcap);
        }
    }
    return 0;
}
