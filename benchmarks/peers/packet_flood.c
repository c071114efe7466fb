/*
 * Sends frames of ethertype 0x88b5 through an interface, as fast as possible:
 *
 *     packet_flood INTERFACE SIZE COUNT
 *
 * SIZE is a frame's length in bytes, 18 or more; bytes 14 to 17 count the frames. Prints how many nanoseconds it took.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define ETHER_TYPE 0x88b5

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: packet_flood INTERFACE SIZE COUNT\n");
        return 2;
    }
    size_t size = strtoul(argv[2], NULL, 10);
    uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
    if (size < 18 || size > 1514) {
        fprintf(stderr, "packet_flood: SIZE is 18 to 1514\n");
        return 2;
    }
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0) fail("socket");
    int one = 1;
    if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one)) fail("PACKET_QDISC_BYPASS");
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
    if (bind(fd, (struct sockaddr *)&to, sizeof to)) fail("bind");

    static unsigned char frames[BATCH][1514];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        memset(frames[i], 0xff, 6);
        memcpy(frames[i] + 6, "\2\0\0\0\0\1", 6);
        frames[i][12] = ETHER_TYPE >> 8;
        frames[i][13] = ETHER_TYPE & 0xff;
        parts[i] = (struct iovec){frames[i], size};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int64_t start = nanos();
    for (uint32_t sent = 0; sent < count;) {
        int batch = count - sent < BATCH ? (int)(count - sent) : BATCH;
        for (int i = 0; i < batch; i++) {
            uint32_t number = htonl(sent + (uint32_t)i);
            memcpy(frames[i] + 14, &number, sizeof number);
        }
        int taken = sendmmsg(fd, messages, (unsigned)batch, 0);
        if (taken < 0) fail("sendmmsg");
        sent += (uint32_t)taken;
    }
    printf("%lld\n", (long long)(nanos() - start));
    return 0;
}
