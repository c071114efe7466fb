/*
 * Runs a filter in a shared object on the frames.
 *
 *     c_filter FRAMES OBJECT
 *
 * OBJECT is compiled from the C file that CSource.java generates.
 */
#include "peer.h"
#include <dlfcn.h>

static uint32_t (*filter)(const unsigned char *packet, uint32_t length);

static uint32_t judge(const unsigned char *bytes, uint32_t length) {
    return filter(bytes, length);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage: c_filter FRAMES OBJECT");
    void *object = dlopen(argv[2], RTLD_NOW);
    if (!object) fail(dlerror());
    *(void **)&filter = dlsym(object, "filter");
    if (!filter) fail("the object has no filter");
    serve(argv[1]);
    return 0;
}
