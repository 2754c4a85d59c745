/* tinycc run-time stub: a device that runs kernels: one file of functions for each kind of device,
 * tinycc_rt_opencl.c, tinycc_rt_cuda.c (HIP too), tinycc_rt_metal.m, and tinycc_rt_emulate.cc, which
 * runs kernels of the last three on the CPU. In: the plan of a model, which NAME.c holds as tables. No heap of its own; a
 * device belongs to one thread at a time. Yours to use and change, free of conditions.
 *
 * Errors stick: after the first one nothing more is asked of the device, and every call returns it,
 * until tinycc_rt_device_close. tinycc_rt_device_message says what happened. */
#ifndef TINYCC_RT_DEVICE_H
#define TINYCC_RT_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TINYCC_RT_OK = 0,
    TINYCC_RT_ERROR_LIBRARY = 1,  /* the device's library cannot be loaded */
    TINYCC_RT_ERROR_DEVICE = 2,   /* there is no such device, or it does not do what is needed */
    TINYCC_RT_ERROR_BUILD = 3,    /* the kernels do not compile there: the message is its log */
    TINYCC_RT_ERROR_MEMORY = 4,   /* memory of the device cannot be had */
    TINYCC_RT_ERROR_TRANSFER = 5, /* reading or writing it failed */
    TINYCC_RT_ERROR_LAUNCH = 6    /* a kernel could not be started, or the device was lost */
} tinycc_rt_error;

typedef enum {
    TINYCC_RT_ARENA = 0,  /* a part of the arena, from `offset` on */
    TINYCC_RT_PORT = 1,   /* an input or output */
    TINYCC_RT_STATE = 2,  /* kept between runs; starts as `first`, or as zeros */
    TINYCC_RT_WEIGHT = 3, /* constants: `first` */
    TINYCC_RT_IMAGE = 4   /* an image of the arena's kind, which tensors take one after the other */
} tinycc_rt_kind;

/* One tensor in the device's memory. */
typedef struct {
    tinycc_rt_kind kind;
    size_t offset, bytes;
    const void *first; /* what it holds at the start, on the host; may be null */
    size_t width, height; /* of an image, in texels of four floats, or four halves; 0: a buffer */
} tinycc_rt_memory;

typedef struct {
    const char *name;
    int32_t items; /* how many work-items it takes */
    int32_t group; /* how many of them start together */
    int32_t meets; /* 1: they wait for each other, so it must be so many; 0: fewer will do */
} tinycc_rt_kernel;

/* A kernel that the build has compiled, whatever its parameters. */
typedef void (*tinycc_rt_function)(void);

/* What NAME.c says of its network. */
typedef struct {
    const char *name;
    const char *const *source; /* the kernels' text, in pieces */
    int32_t source_pieces;
    const char *options; /* of the device's compiler */
    const tinycc_rt_function *functions; /* the kernels, where the build has compiled them; or null */
    const tinycc_rt_kernel *kernels;
    int32_t kernel_count;
    const tinycc_rt_memory *memories;
    int32_t memory_count;
    size_t arena_bytes;
} tinycc_rt_model;

/* Which device, and what to do with it. All zero: the first GPU, else the first device. */
typedef struct {
    const char *device; /* a part of its name: "Adreno", "pthread"; null: any */
    void *context;      /* yours (cl_context) and its device (cl_device_id); null: one of its own */
    void *context_device;
    int profile; /* not 0: the time of every launch is taken, for tinycc_rt_device_nanoseconds */
    /* Compiled kernels are kept in a file of this name: much faster from the second time on. A file of
     * another model, driver or device, or a damaged one, is written anew. Null: no file. The file
     * passes through `cache`, memory of yours that is free again afterwards. */
    const char *cache_file;
    void *cache;
    size_t cache_bytes;
} tinycc_rt_options;

#define TINYCC_RT_FUNCTIONS 32
#define TINYCC_RT_MESSAGE 400

typedef struct {
    const tinycc_rt_model *model;
    void (*functions[TINYCC_RT_FUNCTIONS])(void); /* of the device's library */
    void *library, *context, *device, *queue, *program, *arena;
    void **memories; /* as many as the model has: handles, cl_mem */
    void **kernels;
    int32_t *foreign; /* memories that are the application's own */
    int32_t owns_context, profile, recording;
    void *graph; /* what was recorded; null: nothing yet */
    uint64_t nanoseconds; /* that kernels took since it was last asked for */
    tinycc_rt_error error;
    char message[TINYCC_RT_MESSAGE];
} tinycc_rt_device;

/* Loads the library, picks a device, builds the kernels, makes all memories and fills weights and
 * states. `memories`, `foreign` and `kernels` have room for as many as the model names. */
tinycc_rt_error tinycc_rt_device_open(tinycc_rt_device *device, const tinycc_rt_model *model,
                                      const tinycc_rt_options *options, void **memories,
                                      int32_t *foreign, void **kernels);

/* Gives everything back; also after an error, and twice. */
void tinycc_rt_device_close(tinycc_rt_device *device);

/* Takes memory of the application (cl_mem of the same context) in place of the device's own. */
tinycc_rt_error tinycc_rt_device_bind(tinycc_rt_device *device, int32_t memory, void *handle);

/* Copies a whole memory from or to the host, unless `host` is null. Writing returns at once: leave
 * the host's copy alone until a read or tinycc_rt_device_finish. Reading waits. */
tinycc_rt_error tinycc_rt_device_write(tinycc_rt_device *device, int32_t memory, const void *host);
tinycc_rt_error tinycc_rt_device_read(tinycc_rt_device *device, int32_t memory, void *host);

/* Puts all states back to where they start. */
tinycc_rt_error tinycc_rt_device_reset(tinycc_rt_device *device);

/* Enqueues a kernel: its memories, in order, then its numbers. Does not wait. */
tinycc_rt_error tinycc_rt_device_launch(tinycc_rt_device *device, int32_t kernel,
                                        const int32_t *memories, int32_t memory_count,
                                        const int32_t *numbers, int32_t number_count);

/* Around launches that are the same each time (of CUDA and HIP): they are recorded once as a graph,
 * which starts faster than they do. If `begin` gives 0 they are to be left out. */
int tinycc_rt_device_begin(tinycc_rt_device *device);
tinycc_rt_error tinycc_rt_device_end(tinycc_rt_device *device);

/* Is the first byte of a memory other than 0? Waits for what was enqueued. 0 after an error. */
int tinycc_rt_device_flag(tinycc_rt_device *device, int32_t memory);

tinycc_rt_error tinycc_rt_device_finish(tinycc_rt_device *device);

/* What the kernels since the last call took on the device; waits. 0 without `profile`. */
uint64_t tinycc_rt_device_nanoseconds(tinycc_rt_device *device);

/* What went wrong; "" if nothing did. */
const char *tinycc_rt_device_message(const tinycc_rt_device *device);

#ifdef __cplusplus
}
#endif

#endif
