/* tinycc run-time stub: CUDA devices, and with -DTINYCC_RT_HIP those of HIP, whose interface is the
 * same under other names; see tinycc_rt_device.h. The kernels are compiled with the program, so that
 * there is no cache of them; options->context is a stream of the application, in which all work is
 * enqueued. */
#include "tinycc_rt_device.h"

#include <stdio.h>
#include <string.h>

#ifdef TINYCC_RT_HIP
#include <hip/hip_runtime_api.h>
#define RT(name) hip##name
#else
#include <cuda_runtime_api.h>
#define RT(name) cuda##name
#endif

typedef RT(Error_t) rt_code;
typedef RT(Stream_t) rt_stream;
typedef RT(Event_t) rt_event;

#define ARGUMENTS_MAX 1024
#define NAME_MAX_BYTES 256

static tinycc_rt_error check(tinycc_rt_device *device, tinycc_rt_error error, const char *what,
                             rt_code code)
{
    if ((code != RT(Success)) && (device->error == TINYCC_RT_OK)) {
        device->error = error;
        (void)snprintf(device->message, sizeof device->message, "%s: %s", what,
                       RT(GetErrorString)(code));
    }
    return device->error;
}

const char *tinycc_rt_device_message(const tinycc_rt_device *device)
{
    return device->message;
}

/* The first device with `wanted` in its name, or -1. */
static int find_device(const char *wanted)
{
    int count = 0;

    if (RT(GetDeviceCount)(&count) != RT(Success)) {
        return -1;
    }
    for (int k = 0; k < count; ++k) {
#ifdef TINYCC_RT_HIP
        hipDeviceProp_t found;
#else
        struct cudaDeviceProp found;
#endif
        if ((RT(GetDeviceProperties)(&found, k) == RT(Success)) &&
            ((wanted == NULL) || (strstr(found.name, wanted) != NULL))) {
            return k;
        }
    }
    return -1;
}

static tinycc_rt_error make_stream(tinycc_rt_device *device, const tinycc_rt_options *options)
{
    rt_stream stream = NULL;
    const int number = find_device(options->device);

    device->owns_context = (options->context == NULL) ? 1 : 0;
    if (number < 0) {
        device->error = TINYCC_RT_ERROR_DEVICE;
        (void)snprintf(device->message, sizeof device->message, "there is no such device");
        return device->error;
    }
    if (check(device, TINYCC_RT_ERROR_DEVICE, "SetDevice", RT(SetDevice)(number)) != TINYCC_RT_OK) {
        return device->error;
    }
    device->queue = options->context;
    if (options->context == NULL) {
        (void)check(device, TINYCC_RT_ERROR_DEVICE, "StreamCreate", RT(StreamCreate)(&stream));
        device->queue = (void *)stream;
    }
    return device->error;
}

static void make_memory(tinycc_rt_device *device, int32_t memory)
{
    const tinycc_rt_memory *const m = &device->model->memories[memory];

    if (m->kind == TINYCC_RT_ARENA) {
        device->memories[memory] = (unsigned char *)device->arena + m->offset;
        return;
    }
    if (check(device, TINYCC_RT_ERROR_MEMORY, "Malloc",
              RT(Malloc)(&device->memories[memory], m->bytes)) != TINYCC_RT_OK) {
        return;
    }
    if (m->kind == TINYCC_RT_WEIGHT) {
        (void)tinycc_rt_device_write(device, memory, m->first);
    }
}

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
    device->library = device; /* open */
    if (make_stream(device, asked) != TINYCC_RT_OK) {
        return device->error;
    }
    (void)check(device, TINYCC_RT_ERROR_MEMORY, "Malloc of the arena",
                RT(Malloc)(&device->arena, (model->arena_bytes > 0u) ? model->arena_bytes : 1u));
    for (int32_t k = 0; (k < model->memory_count) && (device->error == TINYCC_RT_OK); ++k) {
        make_memory(device, k);
    }
    (void)tinycc_rt_device_reset(device);
    return tinycc_rt_device_finish(device); /* weights need not stay where they were */
}

static void forget_graph(tinycc_rt_device *device)
{
    if (device->graph != NULL) {
        (void)RT(GraphExecDestroy)((RT(GraphExec_t))device->graph);
        device->graph = NULL;
    }
}

void tinycc_rt_device_close(tinycc_rt_device *device)
{
    if (device->library == NULL) {
        return;
    }
    (void)RT(StreamSynchronize)((rt_stream)device->queue);
    forget_graph(device);
    for (int32_t k = 0; k < device->model->memory_count; ++k) {
        if ((device->model->memories[k].kind != TINYCC_RT_ARENA) && (device->foreign[k] == 0) &&
            (device->memories[k] != NULL)) {
            (void)RT(Free)(device->memories[k]);
        }
        device->memories[k] = NULL;
    }
    if (device->arena != NULL) {
        (void)RT(Free)(device->arena);
    }
    if ((device->owns_context != 0) && (device->queue != NULL)) {
        (void)RT(StreamDestroy)((rt_stream)device->queue);
    }
    device->arena = NULL;
    device->queue = NULL;
    device->library = NULL;
    if (device->error == TINYCC_RT_OK) {
        device->error = TINYCC_RT_ERROR_DEVICE;
        (void)snprintf(device->message, sizeof device->message, "the device is closed");
    }
}

tinycc_rt_error tinycc_rt_device_bind(tinycc_rt_device *device, int32_t memory, void *handle)
{
    if ((device->error == TINYCC_RT_OK) && (device->foreign[memory] == 0)) {
        (void)check(device, TINYCC_RT_ERROR_MEMORY, "Free", RT(Free)(device->memories[memory]));
    }
    forget_graph(device);
    device->memories[memory] = handle;
    device->foreign[memory] = 1;
    return device->error;
}

tinycc_rt_error tinycc_rt_device_write(tinycc_rt_device *device, int32_t memory, const void *host)
{
    if ((device->error != TINYCC_RT_OK) || (host == NULL)) {
        return device->error;
    }
    return check(device, TINYCC_RT_ERROR_TRANSFER, "MemcpyAsync",
                 RT(MemcpyAsync)(device->memories[memory], host,
                                 device->model->memories[memory].bytes, RT(MemcpyHostToDevice),
                                 (rt_stream)device->queue));
}

static tinycc_rt_error read_bytes(tinycc_rt_device *device, int32_t memory, void *host, size_t bytes)
{
    if ((device->error != TINYCC_RT_OK) || (host == NULL)) {
        return device->error;
    }
    (void)check(device, TINYCC_RT_ERROR_TRANSFER, "MemcpyAsync",
                RT(MemcpyAsync)(host, device->memories[memory], bytes, RT(MemcpyDeviceToHost),
                                (rt_stream)device->queue));
    return tinycc_rt_device_finish(device);
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

tinycc_rt_error tinycc_rt_device_reset(tinycc_rt_device *device)
{
    for (int32_t k = 0; (k < device->model->memory_count) && (device->error == TINYCC_RT_OK); ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if (m->kind != TINYCC_RT_STATE) {
            continue;
        }
        if (m->first != NULL) {
            (void)tinycc_rt_device_write(device, k, m->first);
        } else {
            (void)check(device, TINYCC_RT_ERROR_TRANSFER, "MemsetAsync",
                        RT(MemsetAsync)(device->memories[k], 0, m->bytes,
                                        (rt_stream)device->queue));
        }
    }
    return device->error;
}

/* Starts a kernel and, for a profile, waits for it and takes its time. */
static rt_code start(tinycc_rt_device *device, int32_t kernel, void **arguments)
{
    const tinycc_rt_kernel *const k = &device->model->kernels[kernel];
    const dim3 groups = {(unsigned)((k->items + k->group - 1) / k->group), 1, 1};
    const dim3 group = {(unsigned)k->group, 1, 1};
    rt_event events[2] = {NULL, NULL};
    float milliseconds = 0.0f;
    union { /* an address of code, as one of data */
        tinycc_rt_function function;
        const void *address;
    } code;
    rt_code result = RT(Success);

    code.function = device->model->functions[kernel];
    if (device->profile == 0) {
        return RT(LaunchKernel)(code.address, groups, group, arguments, 0,
                                (rt_stream)device->queue);
    }
    (void)RT(EventCreate)(&events[0]);
    (void)RT(EventCreate)(&events[1]);
    (void)RT(EventRecord)(events[0], (rt_stream)device->queue);
    result =
        RT(LaunchKernel)(code.address, groups, group, arguments, 0, (rt_stream)device->queue);
    (void)RT(EventRecord)(events[1], (rt_stream)device->queue);
    (void)RT(EventSynchronize)(events[1]);
    (void)RT(EventElapsedTime)(&milliseconds, events[0], events[1]);
    device->nanoseconds += (uint64_t)((double)milliseconds * 1e6);
    (void)RT(EventDestroy)(events[0]);
    (void)RT(EventDestroy)(events[1]);
    return result;
}

/* A stream of the application's is not recorded: it may be recording itself. */
int tinycc_rt_device_begin(tinycc_rt_device *device)
{
    if ((device->error == TINYCC_RT_OK) && (device->profile == 0) && (device->owns_context != 0) &&
        (device->graph == NULL)) {
        device->recording =
            (check(device, TINYCC_RT_ERROR_LAUNCH, "StreamBeginCapture",
                   RT(StreamBeginCapture)((rt_stream)device->queue,
                                          RT(StreamCaptureModeThreadLocal))) == TINYCC_RT_OK)
                ? 1
                : 0;
    }
    return ((device->graph == NULL) || (device->recording != 0)) ? 1 : 0;
}

tinycc_rt_error tinycc_rt_device_end(tinycc_rt_device *device)
{
    RT(Graph_t) graph = NULL;
    RT(GraphExec_t) made = NULL;

    if (device->recording != 0) {
        device->recording = 0;
        (void)check(device, TINYCC_RT_ERROR_LAUNCH, "StreamEndCapture",
                    RT(StreamEndCapture)((rt_stream)device->queue, &graph));
        if (device->error == TINYCC_RT_OK) {
            (void)check(device, TINYCC_RT_ERROR_LAUNCH, "GraphInstantiate",
                        RT(GraphInstantiateWithFlags)(&made, graph, 0));
            device->graph = (void *)made;
        }
        if (graph != NULL) {
            (void)RT(GraphDestroy)(graph);
        }
    }
    if ((device->error == TINYCC_RT_OK) && (device->graph != NULL)) {
        (void)check(device, TINYCC_RT_ERROR_LAUNCH, "GraphLaunch",
                    RT(GraphLaunch)((RT(GraphExec_t))device->graph, (rt_stream)device->queue));
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_launch(tinycc_rt_device *device, int32_t kernel,
                                        const int32_t *memories, int32_t memory_count,
                                        const int32_t *numbers, int32_t number_count)
{
    void *arguments[ARGUMENTS_MAX] = {NULL};
    int32_t copies[ARGUMENTS_MAX] = {0};

    if (device->error != TINYCC_RT_OK) {
        return device->error;
    }
    if ((memory_count + number_count) > ARGUMENTS_MAX) {
        device->error = TINYCC_RT_ERROR_LAUNCH;
        return device->error;
    }
    for (int32_t k = 0; k < memory_count; ++k) {
        arguments[k] = &device->memories[memories[k]];
    }
    for (int32_t k = 0; k < number_count; ++k) {
        copies[k] = numbers[k];
        arguments[memory_count + k] = &copies[k];
    }
    return check(device, TINYCC_RT_ERROR_LAUNCH, device->model->kernels[kernel].name,
                 start(device, kernel, arguments));
}

tinycc_rt_error tinycc_rt_device_finish(tinycc_rt_device *device)
{
    if (device->error != TINYCC_RT_OK) {
        return device->error;
    }
    return check(device, TINYCC_RT_ERROR_LAUNCH, "StreamSynchronize",
                 RT(StreamSynchronize)((rt_stream)device->queue));
}

uint64_t tinycc_rt_device_nanoseconds(tinycc_rt_device *device)
{
    const uint64_t all = device->nanoseconds;

    device->nanoseconds = 0;
    return all;
}
