/* tinycc run-time stub: Metal devices; see tinycc_rt_device.h. Compile with -fobjc-arc and link with
 * -framework Metal -framework Foundation. Memory is shared between CPU and GPU: on Apple's own chips
 * nothing is copied but what run() is given. options->context is an id<MTLDevice> of the application. */
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include "tinycc_rt_device.h"

#include <stdio.h>
#include <string.h>

static tinycc_rt_error fail(tinycc_rt_device *device, tinycc_rt_error error, const char *what,
                            NSError *why)
{
    if (device->error == TINYCC_RT_OK) {
        device->error = error;
        (void)snprintf(device->message, sizeof device->message, "%s: %s", what,
                       (why != nil) ? [[why localizedDescription] UTF8String] : "failed");
    }
    return device->error;
}

const char *tinycc_rt_device_message(const tinycc_rt_device *device)
{
    return device->message;
}

static id<MTLDevice> gpu_of(const tinycc_rt_device *device)
{
    return (__bridge id<MTLDevice>)device->device;
}

static id<MTLBuffer> buffer_of(const tinycc_rt_device *device, int32_t memory)
{
    return (__bridge id<MTLBuffer>)device->memories[memory];
}

/* Hands an object over to a void pointer, and back. */
static void *kept(id object)
{
    return (__bridge_retained void *)object;
}

static void give_back(void **pointer)
{
    if (*pointer != NULL) {
        id object = (__bridge_transfer id)*pointer;

        object = nil;
        *pointer = NULL;
    }
}

static tinycc_rt_error find_device(tinycc_rt_device *device, const tinycc_rt_options *options)
{
    id<MTLDevice> gpu = (options->context != NULL) ? (__bridge id<MTLDevice>)options->context
                                                   : MTLCreateSystemDefaultDevice();

    if ((gpu == nil) || ((options->device != NULL) &&
                         (strstr([[gpu name] UTF8String], options->device) == NULL))) {
        return fail(device, TINYCC_RT_ERROR_DEVICE, "there is no such device", nil);
    }
    device->device = kept(gpu);
    device->queue = kept([gpu newCommandQueue]);
    return TINYCC_RT_OK;
}

static tinycc_rt_error build(tinycc_rt_device *device)
{
    NSMutableString *text = [NSMutableString string];
    MTLCompileOptions *options = [[MTLCompileOptions alloc] init];
    NSError *why = nil;
    id<MTLLibrary> library = nil;

    for (int32_t k = 0; k < device->model->source_pieces; ++k) {
        [text appendString:[NSString stringWithUTF8String:device->model->source[k]]];
    }
    [options setFastMathEnabled:NO];
    library = [gpu_of(device) newLibraryWithSource:text options:options error:&why];
    if (library == nil) {
        return fail(device, TINYCC_RT_ERROR_BUILD, "the kernels", why);
    }
    for (int32_t k = 0; k < device->model->kernel_count; ++k) {
        const char *const name = device->model->kernels[k].name;
        id<MTLFunction> function =
            [library newFunctionWithName:[NSString stringWithUTF8String:name]];
        id<MTLComputePipelineState> pipeline =
            (function == nil)
                ? nil
                : [gpu_of(device) newComputePipelineStateWithFunction:function error:&why];

        if ((pipeline == nil) || ([pipeline maxTotalThreadsPerThreadgroup] <
                                  (NSUInteger)device->model->kernels[k].group)) {
            return fail(device, TINYCC_RT_ERROR_BUILD, name, why);
        }
        device->kernels[k] = kept(pipeline);
    }
    return TINYCC_RT_OK;
}

static tinycc_rt_error make_memories(tinycc_rt_device *device)
{
    const size_t arena = (device->model->arena_bytes > 0u) ? device->model->arena_bytes : 1u;

    device->arena = kept([gpu_of(device) newBufferWithLength:arena
                                                     options:MTLResourceStorageModePrivate]);
    for (int32_t k = 0; (k < device->model->memory_count) && (device->arena != NULL); ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if (m->kind == TINYCC_RT_ARENA) {
            continue; /* the arena, at an offset */
        }
        device->memories[k] = kept([gpu_of(device) newBufferWithLength:m->bytes
                                                               options:MTLResourceStorageModeShared]);
        if (device->memories[k] == NULL) {
            return fail(device, TINYCC_RT_ERROR_MEMORY, "newBufferWithLength", nil);
        }
        if (m->kind == TINYCC_RT_WEIGHT) {
            (void)memcpy([buffer_of(device, k) contents], m->first, m->bytes);
        }
    }
    return (device->arena != NULL) ? TINYCC_RT_OK
                                   : fail(device, TINYCC_RT_ERROR_MEMORY, "the arena", nil);
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
    device->library = device; /* open */
    for (int32_t k = 0; k < model->memory_count; ++k) {
        memories[k] = NULL;
        foreign[k] = 0;
    }
    for (int32_t k = 0; k < model->kernel_count; ++k) {
        kernels[k] = NULL;
    }
    if ((find_device(device, asked) == TINYCC_RT_OK) && (build(device) == TINYCC_RT_OK) &&
        (make_memories(device) == TINYCC_RT_OK)) {
        (void)tinycc_rt_device_reset(device);
    }
    return device->error;
}

void tinycc_rt_device_close(tinycc_rt_device *device)
{
    if (device->library == NULL) {
        return;
    }
    (void)tinycc_rt_device_finish(device);
    for (int32_t k = 0; k < device->model->kernel_count; ++k) {
        give_back(&device->kernels[k]);
    }
    for (int32_t k = 0; k < device->model->memory_count; ++k) {
        give_back(&device->memories[k]);
    }
    give_back(&device->arena);
    give_back(&device->context);
    give_back(&device->queue);
    give_back(&device->device);
    device->library = NULL;
    (void)fail(device, TINYCC_RT_ERROR_DEVICE, "the device is closed", nil);
}

tinycc_rt_error tinycc_rt_device_bind(tinycc_rt_device *device, int32_t memory, void *handle)
{
    if (device->error == TINYCC_RT_OK) {
        give_back(&device->memories[memory]);
        device->memories[memory] = kept((__bridge id<MTLBuffer>)handle);
        device->foreign[memory] = 1;
    }
    return device->error;
}

/* Waits for the command buffer that is being filled, if there is one. */
tinycc_rt_error tinycc_rt_device_finish(tinycc_rt_device *device)
{
    if (device->context != NULL) {
        id<MTLCommandBuffer> commands = (__bridge id<MTLCommandBuffer>)device->context;

        [commands commit];
        [commands waitUntilCompleted];
        if ([commands status] == MTLCommandBufferStatusError) {
            (void)fail(device, TINYCC_RT_ERROR_LAUNCH, "the device", [commands error]);
        }
        device->nanoseconds += (uint64_t)(([commands GPUEndTime] - [commands GPUStartTime]) * 1e9);
        give_back(&device->context);
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_write(tinycc_rt_device *device, int32_t memory, const void *host)
{
    if ((tinycc_rt_device_finish(device) == TINYCC_RT_OK) && (host != NULL)) {
        (void)memcpy([buffer_of(device, memory) contents], host,
                     device->model->memories[memory].bytes);
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_read(tinycc_rt_device *device, int32_t memory, void *host)
{
    if ((tinycc_rt_device_finish(device) == TINYCC_RT_OK) && (host != NULL)) {
        (void)memcpy(host, [buffer_of(device, memory) contents],
                     device->model->memories[memory].bytes);
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_reset(tinycc_rt_device *device)
{
    (void)tinycc_rt_device_finish(device);
    for (int32_t k = 0; (k < device->model->memory_count) && (device->error == TINYCC_RT_OK); ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if ((m->kind == TINYCC_RT_STATE) && (m->first != NULL)) {
            (void)memcpy([buffer_of(device, k) contents], m->first, m->bytes);
        } else if (m->kind == TINYCC_RT_STATE) {
            (void)memset([buffer_of(device, k) contents], 0, m->bytes);
        }
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_launch(tinycc_rt_device *device, int32_t kernel,
                                        const int32_t *memories, int32_t memory_count,
                                        const int32_t *numbers, int32_t number_count)
{
    const tinycc_rt_kernel *const k = &device->model->kernels[kernel];
    id<MTLCommandBuffer> commands = nil;
    id<MTLComputeCommandEncoder> encoder = nil;

    if (device->error != TINYCC_RT_OK) {
        return device->error;
    }
    if (device->context == NULL) {
        device->context = kept([(__bridge id<MTLCommandQueue>)device->queue commandBuffer]);
    }
    commands = (__bridge id<MTLCommandBuffer>)device->context;
    encoder = [commands computeCommandEncoder];
    if (encoder == nil) {
        return fail(device, TINYCC_RT_ERROR_LAUNCH, k->name, nil);
    }
    [encoder setComputePipelineState:(__bridge id<MTLComputePipelineState>)device->kernels[kernel]];
    for (int32_t i = 0; i < memory_count; ++i) {
        const tinycc_rt_memory *const m = &device->model->memories[memories[i]];

        if (m->kind == TINYCC_RT_ARENA) {
            [encoder setBuffer:(__bridge id<MTLBuffer>)device->arena
                        offset:m->offset
                       atIndex:(NSUInteger)i];
        } else {
            [encoder setBuffer:buffer_of(device, memories[i]) offset:0 atIndex:(NSUInteger)i];
        }
    }
    for (int32_t i = 0; i < number_count; ++i) {
        [encoder setBytes:&numbers[i]
                   length:sizeof numbers[i]
                  atIndex:(NSUInteger)(memory_count + i)];
    }
    [encoder dispatchThreadgroups:MTLSizeMake((NSUInteger)((k->items + k->group - 1) / k->group), 1, 1)
            threadsPerThreadgroup:MTLSizeMake((NSUInteger)k->group, 1, 1)];
    [encoder endEncoding];
    return (device->profile != 0) ? tinycc_rt_device_finish(device) : TINYCC_RT_OK;
}

int tinycc_rt_device_flag(tinycc_rt_device *device, int32_t memory)
{
    /* A flag lies in the arena, which the host does not see: it is copied. */
    const tinycc_rt_memory *const m = &device->model->memories[memory];
    unsigned char value = 0;

    if ((device->error == TINYCC_RT_OK) && (m->kind == TINYCC_RT_ARENA)) {
        id<MTLBuffer> copy = [gpu_of(device) newBufferWithLength:4
                                                         options:MTLResourceStorageModeShared];
        id<MTLBlitCommandEncoder> encoder = nil;

        if (device->context == NULL) {
            device->context = kept([(__bridge id<MTLCommandQueue>)device->queue commandBuffer]);
        }
        encoder = [(__bridge id<MTLCommandBuffer>)device->context blitCommandEncoder];
        [encoder copyFromBuffer:(__bridge id<MTLBuffer>)device->arena
                   sourceOffset:m->offset
                       toBuffer:copy
              destinationOffset:0
                           size:4];
        [encoder endEncoding];
        if (tinycc_rt_device_finish(device) == TINYCC_RT_OK) {
            (void)memcpy(&value, [copy contents], 1);
        }
    } else if (tinycc_rt_device_finish(device) == TINYCC_RT_OK) {
        (void)memcpy(&value, [buffer_of(device, memory) contents], 1);
    }
    return (value != 0u) ? 1 : 0;
}

uint64_t tinycc_rt_device_nanoseconds(tinycc_rt_device *device)
{
    const uint64_t all = device->nanoseconds;

    device->nanoseconds = 0;
    return all;
}
