/* tinycc run-time stub: what its files for OpenCL share. No header of OpenCL is needed: the few types
 * and numbers that are taken stand here (the OpenCL 1.2 specification and its cl.h), the functions are
 * looked up in the library when it runs. */
#ifndef TINYCC_RT_OPENCL_H
#define TINYCC_RT_OPENCL_H

#include "tinycc_rt_device.h"

#ifdef __cplusplus
extern "C" {
#endif

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
    CL_INVALID_GROUP_SIZE = -54,
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
    CL_BINARIES = 0x1166,
    CL_DEVICE_IMAGES = 0x1016,
    CL_DEVICE_IMAGE_WIDTH = 0x1011,
    CL_DEVICE_IMAGE_HEIGHT = 0x1012,
    CL_IMAGE_2D = 0x10F1,
    CL_CHANNELS_RGBA = 0x10B5,
    CL_HALVES = 0x10DD,
    CL_FLOATS = 0x10DE
};

/* cl_image_format and cl_image_desc. */
typedef struct {
    cl_uint channels, type;
} cl_format;

typedef struct {
    cl_uint kind;
    size_t width, height, depth, array_size, row_pitch, slice_pitch;
    cl_uint levels, samples;
    void *buffer;
} cl_image;

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
    F(27, clRetainMemObject, cl_int, (void *))                                                     \
    F(28, clCreateImage, void *,                                                                   \
      (void *, cl_bits, const cl_format *, const cl_image *, void *, cl_int *))                    \
    F(29, clEnqueueWriteImage, cl_int,                                                             \
      (void *, void *, cl_uint, const size_t *, const size_t *, size_t, size_t, const void *,      \
       cl_uint, void *const *, void **))                                                           \
    F(30, clGetSupportedImageFormats, cl_int,                                                      \
      (void *, cl_bits, cl_uint, cl_uint, cl_format *, cl_uint *))

#define CL_FUNCTION_COUNT 31
#define CL_TYPE(number, name, result, parameters) typedef result(CL_CALL *name##_type) parameters;
CL_FUNCTIONS(CL_TYPE)

/* The functions that a device has looked up: CL(device, 18, clFinish)(queue). */
#define CL(device, number, name) ((name##_type)(device)->functions[number])

/* Keeps the first error, with what failed and OpenCL's own number. */
tinycc_rt_error tinycc_rt_opencl_fail(tinycc_rt_device *device, tinycc_rt_error error,
                                      const char *what, cl_int code);
/* Looks up the library and its functions. */
tinycc_rt_error tinycc_rt_opencl_load(tinycc_rt_device *device);
void tinycc_rt_opencl_unload(tinycc_rt_device *device);
/* Does the device have all images that the model wants? */
tinycc_rt_error tinycc_rt_opencl_check_images(tinycc_rt_device *device);
/* Makes an image, and fills it if it is a weight. */
tinycc_rt_error tinycc_rt_opencl_make_image(tinycc_rt_device *device, int32_t memory);
/* Compiles the kernels, or takes them from a file of compiled ones. */
tinycc_rt_error tinycc_rt_opencl_build(tinycc_rt_device *device, const tinycc_rt_options *options);

#ifdef __cplusplus
}
#endif

#endif
