/* tinycc run-time stub: OpenCL 1.2 devices; see tinycc_rt_device.h. Needs no header and no library of
 * OpenCL to build: the few types and numbers that it takes stand below (the OpenCL 1.2 specification
 * and its cl.h), the functions are looked up when it runs. -DTINYCC_RT_OPENCL="\"path\"" names a
 * library to try first. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L
#endif

#include "tinycc_rt_device.h"

#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

/* ---- OpenCL ---- */

#ifdef _WIN32
#define CL_CALL __stdcall
#else
#define CL_CALL
#endif

typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_bits;

enum {
    CL_OK = 0,
    CL_DEVICE_CPU_OR_GPU_ALL = -1, /* CL_DEVICE_TYPE_ALL, all 32 bits */
    CL_GPU = 4,
    CL_QUEUE_PROFILING = 2,
    CL_READ_WRITE = 1,
    CL_READ_ONLY = 4,
    CL_COPY_HOST = 32,
    CL_REGION = 0x1220,
    CL_DEVICE_ALIGN_BITS = 0x1019,
    CL_DEVICE_NAME_TEXT = 0x102B,
    CL_DRIVER_VERSION_TEXT = 0x102D,
    CL_BUILD_LOG = 0x1183,
    CL_KERNEL_GROUP_SIZE = 0x11B0,
    CL_COMMAND_START = 0x1282,
    CL_COMMAND_END = 0x1283,
    CL_BINARY_SIZES = 0x1165,
    CL_BINARIES = 0x1166
};

/* Number, name, result and parameters of each function. */
#define CL_FUNCTIONS(F)                                                                            \
    F(0, clGetPlatformIDs, cl_int, (cl_uint, void **, cl_uint *))                                  \
    F(1, clGetDeviceIDs, cl_int, (void *, cl_bits, cl_uint, void **, cl_uint *))                   \
    F(2, clGetDeviceInfo, cl_int, (void *, cl_uint, size_t, void *, size_t *))                     \
    F(3, clCreateContext, void *,                                                                  \
      (const intptr_t *, cl_uint, void *const *, void (*)(void), void *, cl_int *))                \
    F(4, clCreateCommandQueue, void *, (void *, void *, cl_bits, cl_int *))                        \
    F(5, clCreateBuffer, void *, (void *, cl_bits, size_t, void *, cl_int *))                      \
    F(6, clCreateSubBuffer, void *, (void *, cl_bits, cl_uint, const void *, cl_int *))            \
    F(7, clCreateProgramWithSource, void *,                                                        \
      (void *, cl_uint, const char *const *, const size_t *, cl_int *))                            \
    F(8, clCreateProgramWithBinary, void *,                                                        \
      (void *, cl_uint, void *const *, const size_t *, const unsigned char *const *, cl_int *,     \
       cl_int *))                                                                                  \
    F(9, clBuildProgram, cl_int,                                                                   \
      (void *, cl_uint, void *const *, const char *, void (*)(void), void *))                      \
    F(10, clGetProgramBuildInfo, cl_int, (void *, void *, cl_uint, size_t, void *, size_t *))      \
    F(11, clGetProgramInfo, cl_int, (void *, cl_uint, size_t, void *, size_t *))                   \
    F(12, clCreateKernel, void *, (void *, const char *, cl_int *))                                \
    F(13, clGetKernelWorkGroupInfo, cl_int, (void *, void *, cl_uint, size_t, void *, size_t *))   \
    F(14, clSetKernelArg, cl_int, (void *, cl_uint, size_t, const void *))                         \
    F(15, clEnqueueNDRangeKernel, cl_int,                                                          \
      (void *, void *, cl_uint, const size_t *, const size_t *, const size_t *, cl_uint,           \
       void *const *, void **))                                                                    \
    F(16, clEnqueueWriteBuffer, cl_int,                                                            \
      (void *, void *, cl_uint, size_t, size_t, const void *, cl_uint, void *const *, void **))    \
    F(17, clEnqueueReadBuffer, cl_int,                                                             \
      (void *, void *, cl_uint, size_t, size_t, void *, cl_uint, void *const *, void **))          \
    F(18, clFinish, cl_int, (void *))                                                              \
    F(19, clGetEventProfilingInfo, cl_int, (void *, cl_uint, size_t, void *, size_t *))            \
    F(20, clReleaseEvent, cl_int, (void *))                                                        \
    F(21, clReleaseMemObject, cl_int, (void *))                                                    \
    F(22, clReleaseKernel, cl_int, (void *))                                                       \
    F(23, clReleaseProgram, cl_int, (void *))                                                      \
    F(24, clReleaseCommandQueue, cl_int, (void *))                                                 \
    F(25, clReleaseContext, cl_int, (void *))                                                      \
    F(26, clRetainContext, cl_int, (void *))                                                       \
    F(27, clRetainMemObject, cl_int, (void *))

#define CL_FUNCTION_COUNT 28
#define CL_TYPE(number, name, result, parameters) typedef result(CL_CALL *name##_type) parameters;
CL_FUNCTIONS(CL_TYPE)

/* The functions that a device has looked up: CL(device, 18, clFinish)(queue). */
#define CL(device, number, name) ((name##_type)(device)->functions[number])

/* ---- errors ---- */

static tinycc_rt_error fail(tinycc_rt_device *device, tinycc_rt_error error, const char *what,
                            cl_int code)
{
    if (device->error == TINYCC_RT_OK) {
        device->error = error;
        (void)snprintf(device->message, sizeof device->message, "%s (OpenCL error %ld)", what,
                       (long)code);
    }
    return device->error;
}

const char *tinycc_rt_device_message(const tinycc_rt_device *device)
{
    return device->message;
}

/* ---- the library ---- */

static void *open_library(const char *name)
{
#ifdef _WIN32
    return (void *)LoadLibraryA(name);
#else
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
#endif
}

static void close_library(void *library)
{
#ifdef _WIN32
    (void)FreeLibrary((HMODULE)library);
#else
    (void)dlclose(library);
#endif
}

typedef void (*plain_function)(void);

static plain_function function_in(void *library, const char *name)
{
    union { /* POSIX gives an address of data */
        void *address;
        plain_function function;
    } found;
#ifdef _WIN32
    found.function = (plain_function)GetProcAddress((HMODULE)library, name);
#else
    found.address = dlsym(library, name);
#endif
    return found.function;
}

static tinycc_rt_error load_library(tinycc_rt_device *device)
{
    static const char *const libraries[] = {
#ifdef TINYCC_RT_OPENCL
        TINYCC_RT_OPENCL,
#endif
        "libOpenCL.so.1",
        "libOpenCL.so",
        "/vendor/lib64/libOpenCL.so",
        "/system/vendor/lib64/libOpenCL.so",
        "/vendor/lib/libOpenCL.so",
        "/system/vendor/lib/libOpenCL.so",
        "/vendor/lib64/egl/libGLES_mali.so",
        "/system/vendor/lib64/egl/libGLES_mali.so",
        "/vendor/lib/egl/libGLES_mali.so",
        "OpenCL.dll",
        "/System/Library/Frameworks/OpenCL.framework/OpenCL"};
    static const char *const names[CL_FUNCTION_COUNT] = {
#define CL_NAME(number, name, result, parameters) #name,
        CL_FUNCTIONS(CL_NAME)};

    for (size_t k = 0; (k < (sizeof libraries / sizeof libraries[0])) && (device->library == NULL);
         ++k) {
        device->library = open_library(libraries[k]);
    }
    if (device->library == NULL) {
        return fail(device, TINYCC_RT_ERROR_LIBRARY, "there is no libOpenCL", 0);
    }
    for (int32_t k = 0; k < CL_FUNCTION_COUNT; ++k) {
        device->functions[k] = function_in(device->library, names[k]);
        if (device->functions[k] == NULL) {
            return fail(device, TINYCC_RT_ERROR_LIBRARY, names[k], 0);
        }
    }
    return TINYCC_RT_OK;
}

/* ---- the device ---- */

#define PLATFORMS_MAX 16
#define DEVICES_MAX 16
#define TEXT_MAX 256

static int device_fits(const tinycc_rt_device *device, void *candidate, const char *wanted)
{
    char name[TEXT_MAX] = {0};

    if (wanted == NULL) {
        return 1;
    }
    (void)CL(device, 2, clGetDeviceInfo)(candidate, CL_DEVICE_NAME_TEXT, sizeof name - 1u, name,
                                         NULL);
    return (strstr(name, wanted) != NULL) ? 1 : 0;
}

/* The first device of these kinds whose name has `wanted` in it. */
static void *find_device(const tinycc_rt_device *device, cl_bits kinds, const char *wanted)
{
    void *platforms[PLATFORMS_MAX] = {NULL};
    void *devices[DEVICES_MAX] = {NULL};
    cl_uint platform_count = 0;

    (void)CL(device, 0, clGetPlatformIDs)(PLATFORMS_MAX, platforms, &platform_count);
    for (cl_uint p = 0; (p < platform_count) && (p < PLATFORMS_MAX); ++p) {
        cl_uint count = 0;

        (void)CL(device, 1, clGetDeviceIDs)(platforms[p], kinds, DEVICES_MAX, devices, &count);
        for (cl_uint d = 0; (d < count) && (d < DEVICES_MAX); ++d) {
            if (device_fits(device, devices[d], wanted) != 0) {
                return devices[d];
            }
        }
    }
    return NULL;
}

static tinycc_rt_error make_context(tinycc_rt_device *device, const tinycc_rt_options *options)
{
    cl_int code = CL_OK;

    device->owns_context = (options->context == NULL) ? 1 : 0;
    if (options->context != NULL) {
        device->context = options->context;
        device->device = options->context_device;
    } else {
        device->device = find_device(device, CL_GPU, options->device);
        if (device->device == NULL) {
            device->device = find_device(device, UINT32_MAX, options->device);
        }
        if (device->device == NULL) {
            return fail(device, TINYCC_RT_ERROR_DEVICE, "there is no such device", 0);
        }
        device->context =
            CL(device, 3, clCreateContext)(NULL, 1, &device->device, NULL, NULL, &code);
        if (device->context == NULL) {
            return fail(device, TINYCC_RT_ERROR_DEVICE, "clCreateContext", code);
        }
    }
    device->queue = CL(device, 4, clCreateCommandQueue)(
        device->context, device->device, (device->profile != 0) ? CL_QUEUE_PROFILING : 0, &code);
    return (device->queue != NULL)
               ? TINYCC_RT_OK
               : fail(device, TINYCC_RT_ERROR_DEVICE, "clCreateCommandQueue", code);
}

/* ---- kernels ---- */

static tinycc_rt_error fail_build(tinycc_rt_device *device, cl_int code)
{
    (void)fail(device, TINYCC_RT_ERROR_BUILD, "clBuildProgram", code);
    if (device->program != NULL) {
        char log[TINYCC_RT_MESSAGE] = {0};
        size_t bytes = 0;

        (void)CL(device, 10, clGetProgramBuildInfo)(device->program, device->device, CL_BUILD_LOG,
                                                    0, NULL, &bytes);
        if ((bytes > 1u) && (bytes < sizeof log)) {
            (void)CL(device, 10, clGetProgramBuildInfo)(device->program, device->device,
                                                        CL_BUILD_LOG, sizeof log, log, NULL);
            (void)memcpy(device->message, log, sizeof log);
        }
    }
    return device->error;
}

static cl_int build(tinycc_rt_device *device)
{
    return CL(device, 9, clBuildProgram)(device->program, 1, &device->device,
                                         device->model->options, NULL, NULL);
}

/* FNV-1a, 64 bits, of a text, going on from `hash`. */
static uint64_t hashed(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *const all = (const unsigned char *)bytes;

    for (size_t k = 0; k < count; ++k) {
        hash = (hash ^ all[k]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* What a file of compiled kernels is good for: this source, these options, device and driver. */
static uint64_t cache_key(const tinycc_rt_device *device)
{
    const cl_uint asked[2] = {CL_DEVICE_NAME_TEXT, CL_DRIVER_VERSION_TEXT};
    uint64_t key = UINT64_C(0xCBF29CE484222325);

    for (int32_t k = 0; k < device->model->source_pieces; ++k) {
        key = hashed(key, device->model->source[k], strlen(device->model->source[k]));
    }
    key = hashed(key, device->model->options, strlen(device->model->options) + 1u);
    for (int k = 0; k < 2; ++k) {
        char text[TEXT_MAX] = {0};

        (void)CL(device, 2, clGetDeviceInfo)(device->device, asked[k], sizeof text - 1u, text, NULL);
        key = hashed(key, text, sizeof text);
    }
    return key;
}

/* A file of compiled kernels starts with these; all of it else is the binary. */
typedef struct {
    char mark[8];
    uint64_t key, bytes, hash;
} cache_head;

static const char cache_mark[8] = {'t', 'i', 'n', 'y', 'c', 'c', 'c', 'l'};

/* The binary in the file, if it is there, whole and made for this; else 0 bytes. */
static size_t read_cache(const tinycc_rt_options *options, uint64_t key)
{
    cache_head head = {{0}, 0, 0, 0};
    size_t bytes = 0;
    FILE *const file = fopen(options->cache_file, "rb");

    if (file == NULL) {
        return 0;
    }
    if ((fread(&head, sizeof head, 1, file) == 1u) &&
        (memcmp(head.mark, cache_mark, sizeof head.mark) == 0) && (head.key == key) &&
        (head.bytes > 0u) && (head.bytes <= options->cache_bytes)) {
        bytes = fread(options->cache, 1, (size_t)head.bytes, file);
    }
    (void)fclose(file);
    return ((bytes == head.bytes) && (hashed(0, options->cache, bytes) == head.hash)) ? bytes : 0u;
}

/* Leaves no file where it could not be written whole. */
static void write_cache(const tinycc_rt_device *device, const tinycc_rt_options *options,
                        uint64_t key)
{
    cache_head head = {{0}, 0, 0, 0};
    size_t bytes = 0;
    void *binaries[1] = {options->cache};
    FILE *file = NULL;
    int whole = 0;

    (void)memcpy(head.mark, cache_mark, sizeof head.mark);
    if ((CL(device, 11, clGetProgramInfo)(device->program, CL_BINARY_SIZES, sizeof bytes, &bytes,
                                          NULL) != CL_OK) ||
        (bytes == 0u) || (bytes > options->cache_bytes) ||
        (CL(device, 11, clGetProgramInfo)(device->program, CL_BINARIES, sizeof binaries, binaries,
                                          NULL) != CL_OK)) {
        return;
    }
    head.key = key;
    head.bytes = bytes;
    head.hash = hashed(0, options->cache, bytes);
    file = fopen(options->cache_file, "wb");
    if (file == NULL) {
        return;
    }
    whole = (fwrite(&head, sizeof head, 1, file) == 1u) ? 1 : 0;
    whole = (fwrite(options->cache, 1, bytes, file) == bytes) ? whole : 0;
    whole = (fclose(file) == 0) ? whole : 0;
    if (whole == 0) {
        (void)remove(options->cache_file);
    }
}

/* From a file of compiled kernels; 0: there is none that this device takes. */
static int build_from_cache(tinycc_rt_device *device, const tinycc_rt_options *options,
                            uint64_t key)
{
    const size_t bytes = read_cache(options, key);
    const unsigned char *const binary = (const unsigned char *)options->cache;
    cl_int code = CL_OK;

    if (bytes == 0u) {
        return 0;
    }
    device->program = CL(device, 8, clCreateProgramWithBinary)(
        device->context, 1, &device->device, &bytes, &binary, NULL, &code);
    if (device->program == NULL) {
        return 0;
    }
    if (build(device) != CL_OK) {
        (void)CL(device, 23, clReleaseProgram)(device->program);
        device->program = NULL;
        return 0;
    }
    return 1;
}

static tinycc_rt_error build_program(tinycc_rt_device *device, const tinycc_rt_options *options)
{
    const int caches = ((options->cache_file != NULL) && (options->cache != NULL)) ? 1 : 0;
    const uint64_t key = (caches != 0) ? cache_key(device) : 0u;
    cl_int code = CL_OK;

    if ((caches != 0) && (build_from_cache(device, options, key) != 0)) {
        return TINYCC_RT_OK;
    }
    device->program = CL(device, 7, clCreateProgramWithSource)(
        device->context, (cl_uint)device->model->source_pieces, device->model->source, NULL, &code);
    if (device->program == NULL) {
        return fail(device, TINYCC_RT_ERROR_BUILD, "clCreateProgramWithSource", code);
    }
    code = build(device);
    if (code != CL_OK) {
        return fail_build(device, code);
    }
    if (caches != 0) {
        write_cache(device, options, key);
    }
    return TINYCC_RT_OK;
}

static tinycc_rt_error make_kernels(tinycc_rt_device *device)
{
    cl_int code = CL_OK;

    for (int32_t k = 0; k < device->model->kernel_count; ++k) {
        device->kernels[k] =
            CL(device, 12, clCreateKernel)(device->program, device->model->kernels[k].name, &code);
        if (device->kernels[k] == NULL) {
            return fail(device, TINYCC_RT_ERROR_BUILD, device->model->kernels[k].name, code);
        }
    }
    return TINYCC_RT_OK;
}

/* ---- memory ---- */

static tinycc_rt_error write_first(tinycc_rt_device *device, int32_t memory, const void *host,
                                   size_t bytes)
{
    const cl_int code =
        CL(device, 16, clEnqueueWriteBuffer)(device->queue, device->memories[memory], 1, 0, bytes,
                                             host, 0, NULL, NULL);

    return (code == CL_OK) ? device->error
                           : fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteBuffer", code);
}

static tinycc_rt_error make_arena(tinycc_rt_device *device)
{
    const size_t bytes = device->model->arena_bytes;
    cl_uint align = 0;
    cl_int code = CL_OK;

    (void)CL(device, 2, clGetDeviceInfo)(device->device, CL_DEVICE_ALIGN_BITS, sizeof align, &align,
                                         NULL);
    for (int32_t k = 0; k < device->model->memory_count; ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if ((m->kind == TINYCC_RT_ARENA) && (align > 8u) && ((m->offset % (align / 8u)) != 0u)) {
            return fail(device, TINYCC_RT_ERROR_DEVICE, "its buffers need a larger alignment", 0);
        }
    }
    device->arena = CL(device, 5, clCreateBuffer)(device->context, CL_READ_WRITE,
                                                  (bytes > 0u) ? bytes : 1u, NULL, &code);
    return (device->arena != NULL)
               ? TINYCC_RT_OK
               : fail(device, TINYCC_RT_ERROR_MEMORY, "clCreateBuffer of the arena", code);
}

static tinycc_rt_error make_memory(tinycc_rt_device *device, int32_t memory)
{
    const tinycc_rt_memory *const m = &device->model->memories[memory];
    const struct {
        size_t origin, size;
    } region = {m->offset, m->bytes};
    cl_int code = CL_OK;

    if (m->kind == TINYCC_RT_ARENA) {
        device->memories[memory] = CL(device, 6, clCreateSubBuffer)(
            device->arena, CL_READ_WRITE, CL_REGION, &region, &code);
    } else {
        device->memories[memory] = CL(device, 5, clCreateBuffer)(
            device->context, (m->kind == TINYCC_RT_WEIGHT) ? CL_READ_ONLY : CL_READ_WRITE, m->bytes,
            NULL, &code);
    }
    if (device->memories[memory] == NULL) {
        return fail(device, TINYCC_RT_ERROR_MEMORY, "clCreateBuffer", code);
    }
    return (m->kind == TINYCC_RT_WEIGHT) ? write_first(device, memory, m->first, m->bytes)
                                         : TINYCC_RT_OK;
}

static tinycc_rt_error make_memories(tinycc_rt_device *device)
{
    tinycc_rt_error error = make_arena(device);

    for (int32_t k = 0; (k < device->model->memory_count) && (error == TINYCC_RT_OK); ++k) {
        error = make_memory(device, k);
    }
    return (error == TINYCC_RT_OK) ? tinycc_rt_device_reset(device) : error;
}

tinycc_rt_error tinycc_rt_device_reset(tinycc_rt_device *device)
{
    static const unsigned char zeros[256] = {0};

    for (int32_t k = 0; (k < device->model->memory_count) && (device->error == TINYCC_RT_OK); ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if (m->kind != TINYCC_RT_STATE) {
            continue;
        }
        if (m->first != NULL) {
            (void)write_first(device, k, m->first, m->bytes);
            continue;
        }
        for (size_t at = 0; (at < m->bytes) && (device->error == TINYCC_RT_OK); at += sizeof zeros) {
            const size_t left = m->bytes - at;
            const cl_int code = CL(device, 16, clEnqueueWriteBuffer)(
                device->queue, device->memories[k], 1, at,
                (left < sizeof zeros) ? left : sizeof zeros, zeros, 0, NULL, NULL);

            if (code != CL_OK) {
                (void)fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteBuffer", code);
            }
        }
    }
    return device->error;
}

/* ---- open and close ---- */

tinycc_rt_error tinycc_rt_device_open(tinycc_rt_device *device, const tinycc_rt_model *model,
                                      const tinycc_rt_options *options, void **memories,
                                      int32_t *foreign, void **kernels)
{
    static const tinycc_rt_options plain = {NULL, NULL, NULL, 0, NULL, NULL, 0};
    const tinycc_rt_options *const asked = (options != NULL) ? options : &plain;

    (void)memset(device, 0, sizeof *device);
    device->model = model;
    device->memories = memories;
    device->foreign = foreign;
    device->kernels = kernels;
    device->profile = asked->profile;
    for (int32_t k = 0; k < model->memory_count; ++k) {
        memories[k] = NULL;
        foreign[k] = 0;
    }
    for (int32_t k = 0; k < model->kernel_count; ++k) {
        kernels[k] = NULL;
    }
    if ((load_library(device) == TINYCC_RT_OK) && (make_context(device, asked) == TINYCC_RT_OK) &&
        (build_program(device, asked) == TINYCC_RT_OK) && (make_kernels(device) == TINYCC_RT_OK)) {
        (void)make_memories(device);
    }
    return device->error;
}

void tinycc_rt_device_close(tinycc_rt_device *device)
{
    if (device->library == NULL) {
        return;
    }
    if (device->queue != NULL) {
        (void)CL(device, 18, clFinish)(device->queue);
    }
    for (int32_t k = 0; k < device->model->kernel_count; ++k) {
        if (device->kernels[k] != NULL) {
            (void)CL(device, 22, clReleaseKernel)(device->kernels[k]);
        }
        device->kernels[k] = NULL;
    }
    for (int32_t k = 0; k < device->model->memory_count; ++k) {
        if (device->memories[k] != NULL) {
            (void)CL(device, 21, clReleaseMemObject)(device->memories[k]);
        }
        device->memories[k] = NULL;
    }
    if (device->arena != NULL) {
        (void)CL(device, 21, clReleaseMemObject)(device->arena);
    }
    if (device->program != NULL) {
        (void)CL(device, 23, clReleaseProgram)(device->program);
    }
    if (device->queue != NULL) {
        (void)CL(device, 24, clReleaseCommandQueue)(device->queue);
    }
    if ((device->context != NULL) && (device->owns_context != 0)) {
        (void)CL(device, 25, clReleaseContext)(device->context);
    }
    close_library(device->library);
    device->arena = NULL;
    device->program = NULL;
    device->queue = NULL;
    device->context = NULL;
    device->library = NULL;
    if (device->error == TINYCC_RT_OK) {
        (void)fail(device, TINYCC_RT_ERROR_DEVICE, "the device is closed", 0);
    }
}

tinycc_rt_error tinycc_rt_device_bind(tinycc_rt_device *device, int32_t memory, void *handle)
{
    cl_int code = CL_OK;

    if (device->error != TINYCC_RT_OK) {
        return device->error;
    }
    code = CL(device, 27, clRetainMemObject)(handle);
    if (code != CL_OK) {
        return fail(device, TINYCC_RT_ERROR_MEMORY, "this is no buffer", code);
    }
    (void)CL(device, 21, clReleaseMemObject)(device->memories[memory]);
    device->memories[memory] = handle;
    device->foreign[memory] = 1;
    return TINYCC_RT_OK;
}

/* ---- runs ---- */

tinycc_rt_error tinycc_rt_device_write(tinycc_rt_device *device, int32_t memory, const void *host)
{
    cl_int code = CL_OK;

    if ((device->error != TINYCC_RT_OK) || (host == NULL)) {
        return device->error;
    }
    code = CL(device, 16, clEnqueueWriteBuffer)(device->queue, device->memories[memory], 0, 0,
                                                device->model->memories[memory].bytes, host, 0,
                                                NULL, NULL);
    return (code == CL_OK) ? TINYCC_RT_OK
                           : fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteBuffer", code);
}

static tinycc_rt_error read_bytes(tinycc_rt_device *device, int32_t memory, void *host, size_t bytes)
{
    cl_int code = CL_OK;

    if ((device->error != TINYCC_RT_OK) || (host == NULL)) {
        return device->error;
    }
    code = CL(device, 17, clEnqueueReadBuffer)(device->queue, device->memories[memory], 1, 0, bytes,
                                               host, 0, NULL, NULL);
    return (code == CL_OK) ? TINYCC_RT_OK
                           : fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueReadBuffer", code);
}

tinycc_rt_error tinycc_rt_device_read(tinycc_rt_device *device, int32_t memory, void *host)
{
    return read_bytes(device, memory, host, device->model->memories[memory].bytes);
}

int tinycc_rt_device_flag(tinycc_rt_device *device, int32_t memory)
{
    unsigned char value = 0;

    return ((read_bytes(device, memory, &value, 1) == TINYCC_RT_OK) && (value != 0u)) ? 1 : 0;
}

static cl_int set_arguments(const tinycc_rt_device *device, void *kernel, const int32_t *memories,
                            int32_t memory_count, const int32_t *numbers, int32_t number_count)
{
    cl_int code = CL_OK;

    for (int32_t k = 0; (k < memory_count) && (code == CL_OK); ++k) {
        code = CL(device, 14, clSetKernelArg)(kernel, (cl_uint)k, sizeof(void *),
                                              &device->memories[memories[k]]);
    }
    for (int32_t k = 0; (k < number_count) && (code == CL_OK); ++k) {
        code = CL(device, 14, clSetKernelArg)(kernel, (cl_uint)(memory_count + k),
                                              sizeof numbers[k], &numbers[k]);
    }
    return code;
}

/* What a finished launch took. */
static void add_time(tinycc_rt_device *device, void *event)
{
    uint64_t start = 0;
    uint64_t end = 0;

    if (CL(device, 18, clFinish)(device->queue) == CL_OK) {
        (void)CL(device, 19, clGetEventProfilingInfo)(event, CL_COMMAND_START, sizeof start, &start,
                                                      NULL);
        (void)CL(device, 19, clGetEventProfilingInfo)(event, CL_COMMAND_END, sizeof end, &end, NULL);
        device->nanoseconds += (end > start) ? (end - start) : 0u;
    }
    (void)CL(device, 20, clReleaseEvent)(event);
}

tinycc_rt_error tinycc_rt_device_launch(tinycc_rt_device *device, int32_t kernel,
                                        const int32_t *memories, int32_t memory_count,
                                        const int32_t *numbers, int32_t number_count)
{
    const tinycc_rt_kernel *const k = &device->model->kernels[kernel];
    void *event = NULL;
    size_t most = 1;
    size_t group = (size_t)k->group;
    size_t items = (size_t)k->items;
    cl_int code = CL_OK;

    if (device->error != TINYCC_RT_OK) {
        return device->error;
    }
    code = CL(device, 13, clGetKernelWorkGroupInfo)(device->kernels[kernel], device->device,
                                                    CL_KERNEL_GROUP_SIZE, sizeof most, &most, NULL);
    if (code == CL_OK) {
        code = set_arguments(device, device->kernels[kernel], memories, memory_count, numbers,
                             number_count);
    }
    if (code == CL_OK) {
        group = (group < items) ? group : items;
        group = (group < most) ? group : most;
        items = ((items + group - 1u) / group) * group;
        code = CL(device, 15, clEnqueueNDRangeKernel)(
            device->queue, device->kernels[kernel], 1, NULL, &items, &group, 0, NULL,
            (device->profile != 0) ? &event : NULL);
    }
    if (code != CL_OK) {
        return fail(device, TINYCC_RT_ERROR_LAUNCH, k->name, code);
    }
    if (event != NULL) {
        add_time(device, event);
    }
    return TINYCC_RT_OK;
}

tinycc_rt_error tinycc_rt_device_finish(tinycc_rt_device *device)
{
    cl_int code = CL_OK;

    if (device->error == TINYCC_RT_OK) {
        code = CL(device, 18, clFinish)(device->queue);
    }
    return (code == CL_OK) ? device->error : fail(device, TINYCC_RT_ERROR_LAUNCH, "clFinish", code);
}

uint64_t tinycc_rt_device_nanoseconds(tinycc_rt_device *device)
{
    const uint64_t all = device->nanoseconds;

    device->nanoseconds = 0;
    return all;
}
