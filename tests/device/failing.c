/* A library of OpenCL that fails where it is told to, -DFAIL_NAME=N: the Nth call of that function; and
 * that counts what was made and not given back. All else is the real library's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef FORMATS
#define FORMATS 1 /* 0: no image has any */
#endif
#ifndef IMAGES
#define IMAGES 1 /* 0: the device says that it has none */
#endif
#ifndef SIDE
#define SIDE 0 /* of its largest image; 0: what it is */
#endif
#ifndef FAIL_BUFFER
#define FAIL_BUFFER 0
#endif
#ifndef FAIL_IMAGE
#define FAIL_IMAGE 0
#endif
#ifndef FAIL_LAUNCH
#define FAIL_LAUNCH 0
#endif
#ifndef FAIL_BUILD
#define FAIL_BUILD 0
#endif

typedef void *(*maker)(void *, void *, void *, void *, void *, void *);
typedef int (*doer)(void *, void *, void *, void *, void *, void *, void *, void *, void *);

static _Atomic long left; /* threads may share it */

__attribute__((destructor)) static void say(void)
{
    printf("%ld objects left\n", left);
}

static void *counted(void *object)
{
    left += (object != NULL) ? 1 : 0;
    return object;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, #name))
#define MAKES(name, fails, ...)                                                                    \
    void *name(void *a, void *b, void *c, void *d, void *e, void *f)                               \
    {                                                                                              \
        static _Atomic int calls;                                                                  \
        if (++calls == (fails)) {                                                                  \
            *(int *)(__VA_ARGS__) = -4;                                                            \
            return NULL;                                                                           \
        }                                                                                          \
        return counted(REAL(maker, name)(a, b, c, d, e, f));                                       \
    }
#define DOES(name, fails, code)                                                                    \
    int name(void *a, void *b, void *c, void *d, void *e, void *f, void *g, void *h, void *i)      \
    {                                                                                              \
        static _Atomic int calls;                                                                  \
        return (++calls == (fails)) ? (code) : REAL(doer, name)(a, b, c, d, e, f, g, h, i);        \
    }
#define RELEASES(name)                                                                             \
    int name(void *object)                                                                         \
    {                                                                                              \
        --left;                                                                                    \
        return ((int (*)(void *))dlsym(RTLD_NEXT, #name))(object);                                 \
    }

MAKES(clCreateBuffer, FAIL_BUFFER, e)
MAKES(clCreateSubBuffer, 0, e)
MAKES(clCreateImage, FAIL_IMAGE, f)
MAKES(clCreateKernel, 0, c)
MAKES(clCreateProgramWithSource, 0, e)
MAKES(clCreateCommandQueue, 0, d)
MAKES(clCreateContext, 0, f)
DOES(clBuildProgram, FAIL_BUILD, -11)
DOES(clEnqueueNDRangeKernel, FAIL_LAUNCH, -5)
RELEASES(clReleaseMemObject)
RELEASES(clReleaseKernel)
RELEASES(clReleaseProgram)
RELEASES(clReleaseCommandQueue)
RELEASES(clReleaseContext)

int clGetSupportedImageFormats(void *context, uint64_t access, unsigned kind, unsigned room,
                               void *formats, unsigned *count)
{
    const int code = ((int (*)(void *, uint64_t, unsigned, unsigned, void *, unsigned *))dlsym(
        RTLD_NEXT, "clGetSupportedImageFormats"))(context, access, kind, room, formats, count);

    *count = (FORMATS != 0) ? *count : 0u;
    return code;
}

int clGetDeviceInfo(void *device, unsigned what, size_t bytes, void *value, size_t *needed)
{
    const size_t side = SIDE;

    if ((what == 0x1016u) && (IMAGES == 0)) {
        (void)memset(value, 0, bytes);
        return 0;
    }
    if (((what == 0x1011u) || (what == 0x1012u)) && (side != 0u)) {
        (void)memcpy(value, &side, sizeof side);
        return 0;
    }
    return ((int (*)(void *, unsigned, size_t, void *, size_t *))dlsym(
        RTLD_NEXT, "clGetDeviceInfo"))(device, what, bytes, value, needed);
}
