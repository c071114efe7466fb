/*
 * Counts frames of ethertype 0x88b5 with pcap_loop: the peer of PacketReceiver.java, which describes the requests.
 *
 *     pcap_loop INTERFACE
 */
#define _GNU_SOURCE
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALL "ether proto 0x88b5"
#define ONE_IN_A_HUNDRED ALL " and ether[14:4] % 100 = 0"
/* The default of PacketChannelOption.RETIRE_MILLIS. */
#define BLOCK_MILLIS 8

static volatile uint64_t frames;
static volatile uint64_t bytes;

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *packet) {
    (void)user;
    frames++;
    bytes += packet[header->caplen - 1];
}

static void *loop(void *pcap) {
    pcap_loop(pcap, -1, count, NULL);
    return NULL;
}

static int64_t cpu_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "pcap_loop: %s: %s\n", what, why);
    exit(1);
}

int main(int argc, char **argv) {
    char error[PCAP_ERRBUF_SIZE];
    if (argc != 2) fail("usage", "pcap_loop INTERFACE");
    puts("ready");
    fflush(stdout);
    pcap_t *pcap = NULL;
    pthread_t thread;
    int64_t start = 0;
    char line[32];
    while (fgets(line, sizeof line, stdin)) {
        const char *filter = !strcmp(line, "open all\n") ? ALL : !strcmp(line, "open hundredth\n") ? ONE_IN_A_HUNDRED : NULL;
        if (filter) {
            pcap = pcap_create(argv[1], error);
            if (!pcap) fail("pcap_create", error);
            pcap_set_snaplen(pcap, 65535);
            pcap_set_timeout(pcap, BLOCK_MILLIS);
            pcap_set_buffer_size(pcap, 4 << 20);
            if (pcap_activate(pcap) < 0) fail("pcap_activate", pcap_geterr(pcap));
            struct bpf_program program;
            if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN)) fail("pcap_compile", pcap_geterr(pcap));
            if (pcap_setfilter(pcap, &program)) fail("pcap_setfilter", pcap_geterr(pcap));
            pcap_freecode(&program);
            frames = 0;
            start = cpu_nanos();
            if (pthread_create(&thread, NULL, loop, pcap)) fail("pthread_create", "no thread");
            puts("open");
        } else if (!strcmp(line, "count\n")) {
            struct pcap_stat stat;
            if (pcap_stats(pcap, &stat)) fail("pcap_stats", pcap_geterr(pcap));
            printf("%lld %llu %u\n", (long long)(cpu_nanos() - start), (unsigned long long)frames, stat.ps_drop);
        } else if (!strcmp(line, "close\n")) {
            pcap_breakloop(pcap);
            pthread_join(thread, NULL);
            pcap_close(pcap);
            puts("closed");
        } else {
            fail("unknown request", line);
        }
        fflush(stdout);
    }
    return 0;
}
