/* tinycc run-time stub: kernels for OpenCL, from their text or from a file of compiled ones; see
 * tinycc_rt_opencl.h. */
#include "tinycc_rt_opencl.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 256

static tinycc_rt_error fail_build(tinycc_rt_device *device, cl_int code)
{
    (void)tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_BUILD, "clBuildProgram", code);
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

tinycc_rt_error tinycc_rt_opencl_build(tinycc_rt_device *device, const tinycc_rt_options *options)
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
        return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_BUILD, "clCreateProgramWithSource", code);
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
