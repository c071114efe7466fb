/*
 * Preloaded into a JVM: setsockopt(2) and getsockopt(2) fail as the rules say that are in the file named by
 * FAILING_SOCKOPT. The file is mapped, so the JVM can change the rules while it runs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RULES = 4, SET = 1, GET = 2 };

/* Calls are counted from 1 for each rule; those from first to last fail. */
struct rule {
    int call, level, option, error, first, last, calls, failed;
};

static struct rule *rules;

__attribute__((constructor)) static void map_rules(void)
{
    const char *path = getenv("FAILING_SOCKOPT");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, RULES * sizeof(struct rule), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        rules = mapped;
}

static int fails(int call, int level, int option)
{
    for (int i = 0; rules != NULL && i < RULES; i++) {
        struct rule *rule = &rules[i];
        if (rule->call != call || rule->level != level || rule->option != option)
            continue;
        int number = __atomic_add_fetch(&rule->calls, 1, __ATOMIC_SEQ_CST);
        if (number < rule->first || number > rule->last)
            continue;
        __atomic_add_fetch(&rule->failed, 1, __ATOMIC_SEQ_CST);
        errno = rule->error;
        return 1;
    }
    return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
    static int (*next)(int, int, int, const void *, socklen_t);
    if (next == NULL)
        next = (int (*)(int, int, int, const void *, socklen_t)) dlsym(RTLD_NEXT, "setsockopt");
    return fails(SET, level, option) ? -1 : next(fd, level, option, value, length);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
    static int (*next)(int, int, int, void *, socklen_t *);
    if (next == NULL)
        next = (int (*)(int, int, int, void *, socklen_t *)) dlsym(RTLD_NEXT, "getsockopt");
    return fails(GET, level, option) ? -1 : next(fd, level, option, value, length);
}
