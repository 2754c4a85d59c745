/* tinycc run-time stub: OpenCL 1.2 devices; see tinycc_rt_device.h. */
#include "tinycc_rt_opencl.h"

#include <stdio.h>
#include <string.h>

tinycc_rt_error tinycc_rt_opencl_fail(tinycc_rt_device *device, tinycc_rt_error error,
                                      const char *what, cl_int code)
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
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE, "there is no such device", 0);
        }
        device->context =
            CL(device, 3, clCreateContext)(NULL, 1, &device->device, NULL, NULL, &code);
        if (device->context == NULL) {
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE, "clCreateContext", code);
        }
    }
    device->queue = CL(device, 4, clCreateCommandQueue)(
        device->context, device->device, (device->profile != 0) ? CL_QUEUE_PROFILING : 0, &code);
    return (device->queue != NULL)
               ? TINYCC_RT_OK
               : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE, "clCreateCommandQueue", code);
}

static tinycc_rt_error make_kernels(tinycc_rt_device *device)
{
    cl_int code = CL_OK;

    for (int32_t k = 0; k < device->model->kernel_count; ++k) {
        device->kernels[k] =
            CL(device, 12, clCreateKernel)(device->program, device->model->kernels[k].name, &code);
        if (device->kernels[k] == NULL) {
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_BUILD, device->model->kernels[k].name, code);
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
                           : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteBuffer", code);
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
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE, "its buffers need a larger alignment", 0);
        }
    }
    device->arena = CL(device, 5, clCreateBuffer)(device->context, CL_READ_WRITE,
                                                  (bytes > 0u) ? bytes : 1u, NULL, &code);
    return (device->arena != NULL)
               ? TINYCC_RT_OK
               : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_MEMORY, "clCreateBuffer of the arena", code);
}

static tinycc_rt_error make_memory(tinycc_rt_device *device, int32_t memory)
{
    const tinycc_rt_memory *const m = &device->model->memories[memory];
    const struct {
        size_t origin, size;
    } region = {m->offset, m->bytes};
    cl_int code = CL_OK;

    if (m->width > 0u) {
        return tinycc_rt_opencl_make_image(device, memory);
    }
    if (m->kind == TINYCC_RT_ARENA) {
        device->memories[memory] = CL(device, 6, clCreateSubBuffer)(
            device->arena, CL_READ_WRITE, CL_REGION, &region, &code);
    } else {
        device->memories[memory] = CL(device, 5, clCreateBuffer)(
            device->context, (m->kind == TINYCC_RT_WEIGHT) ? CL_READ_ONLY : CL_READ_WRITE, m->bytes,
            NULL, &code);
    }
    if (device->memories[memory] == NULL) {
        return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_MEMORY, "clCreateBuffer", code);
    }
    return (m->kind == TINYCC_RT_WEIGHT) ? write_first(device, memory, m->first, m->bytes)
                                         : TINYCC_RT_OK;
}

static tinycc_rt_error make_memories(tinycc_rt_device *device)
{
    tinycc_rt_error error = tinycc_rt_opencl_check_images(device);

    error = (error == TINYCC_RT_OK) ? make_arena(device) : error;
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
                (void)tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteBuffer", code);
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
    if ((tinycc_rt_opencl_load(device) == TINYCC_RT_OK) && (make_context(device, asked) == TINYCC_RT_OK) &&
        (tinycc_rt_opencl_build(device, asked) == TINYCC_RT_OK) && (make_kernels(device) == TINYCC_RT_OK)) {
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
    tinycc_rt_opencl_unload(device);
    device->arena = NULL;
    device->program = NULL;
    device->queue = NULL;
    device->context = NULL;
    if (device->error == TINYCC_RT_OK) {
        (void)tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE, "the device is closed", 0);
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
        return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_MEMORY, "this is no buffer", code);
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
                           : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteBuffer", code);
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
                           : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueReadBuffer", code);
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
    if ((code == CL_OK) && (k->meets != 0) && (group > most)) {
        code = CL_INVALID_GROUP_SIZE;
    }
    if (code == CL_OK) {
        if (k->meets == 0) {
            group = (group < items) ? group : items;
            group = (group < most) ? group : most;
        }
        items = ((items + group - 1u) / group) * group;
        code = CL(device, 15, clEnqueueNDRangeKernel)(
            device->queue, device->kernels[kernel], 1, NULL, &items, &group, 0, NULL,
            (device->profile != 0) ? &event : NULL);
    }
    if (code != CL_OK) {
        return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_LAUNCH, k->name, code);
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
    return (code == CL_OK) ? device->error : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_LAUNCH, "clFinish", code);
}

uint64_t tinycc_rt_device_nanoseconds(tinycc_rt_device *device)
{
    const uint64_t all = device->nanoseconds;

    device->nanoseconds = 0;
    return all;
}
