/* tinycc run-time stub: images of OpenCL devices; see tinycc_rt_opencl.h. */
#include "tinycc_rt_opencl.h"

#define FORMATS_MAX 256

static cl_format format_of(const tinycc_rt_memory *memory)
{
    const int halves = (memory->bytes == (memory->width * memory->height * 8u)) ? 1 : 0;
    const cl_format format = {CL_CHANNELS_RGBA, (halves != 0) ? CL_HALVES : CL_FLOATS};

    return format;
}

static cl_bits access_of(const tinycc_rt_memory *memory)
{
    return (memory->kind == TINYCC_RT_WEIGHT) ? CL_READ_ONLY : CL_READ_WRITE;
}

static int has_format(const tinycc_rt_device *device, const tinycc_rt_memory *memory)
{
    const cl_format wanted = format_of(memory);
    cl_format formats[FORMATS_MAX];
    cl_uint count = 0;

    if (CL(device, 30, clGetSupportedImageFormats)(device->context, access_of(memory), CL_IMAGE_2D,
                                                   FORMATS_MAX, formats, &count) != CL_OK) {
        return 0;
    }
    for (cl_uint k = 0; (k < count) && (k < FORMATS_MAX); ++k) {
        if ((formats[k].channels == wanted.channels) && (formats[k].type == wanted.type)) {
            return 1;
        }
    }
    return 0;
}

tinycc_rt_error tinycc_rt_opencl_check_images(tinycc_rt_device *device)
{
    cl_uint images = 0;
    size_t width = 0;
    size_t height = 0;

    (void)CL(device, 2, clGetDeviceInfo)(device->device, CL_DEVICE_IMAGES, sizeof images, &images,
                                         NULL);
    (void)CL(device, 2, clGetDeviceInfo)(device->device, CL_DEVICE_IMAGE_WIDTH, sizeof width, &width,
                                         NULL);
    (void)CL(device, 2, clGetDeviceInfo)(device->device, CL_DEVICE_IMAGE_HEIGHT, sizeof height,
                                         &height, NULL);
    for (int32_t k = 0; k < device->model->memory_count; ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if (m->width == 0u) {
            continue;
        }
        if (images == 0u) {
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE, "it has no images", 0);
        }
        if ((m->width > width) || (m->height > height)) {
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE,
                                         "its images are smaller than image_side says", 0);
        }
        if (has_format(device, m) == 0) {
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_DEVICE,
                                         "it has no images of RGBA floats, or halves", 0);
        }
    }
    return TINYCC_RT_OK;
}

tinycc_rt_error tinycc_rt_opencl_make_image(tinycc_rt_device *device, int32_t memory)
{
    const tinycc_rt_memory *const m = &device->model->memories[memory];
    const cl_format format = format_of(m);
    const cl_image image = {CL_IMAGE_2D, m->width, m->height, 0, 0, 0, 0, 0, 0, NULL};
    const size_t origin[3] = {0, 0, 0};
    const size_t region[3] = {m->width, m->height, 1};
    cl_int code = CL_OK;

    device->memories[memory] =
        CL(device, 28, clCreateImage)(device->context, access_of(m), &format, &image, NULL, &code);
    if (device->memories[memory] == NULL) {
        return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_MEMORY, "clCreateImage", code);
    }
    if (m->kind == TINYCC_RT_WEIGHT) {
        code = CL(device, 29, clEnqueueWriteImage)(device->queue, device->memories[memory], 1, origin,
                                                   region, 0, 0, m->first, 0, NULL, NULL);
    }
    return (code == CL_OK)
               ? TINYCC_RT_OK
               : tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_TRANSFER, "clEnqueueWriteImage", code);
}
