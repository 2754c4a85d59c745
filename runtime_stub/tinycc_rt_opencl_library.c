/* tinycc run-time stub: the library of OpenCL; see tinycc_rt_opencl.h. -DTINYCC_RT_OPENCL="\"path\""
 * names one to try first. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L
#endif

#include "tinycc_rt_opencl.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

static void *open_library(const char *name)
{
#ifdef _WIN32
    return (void *)LoadLibraryA(name);
#else
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
#endif
}

void tinycc_rt_opencl_unload(tinycc_rt_device *device)
{
#ifdef _WIN32
    (void)FreeLibrary((HMODULE)device->library);
#else
    (void)dlclose(device->library);
#endif
    device->library = NULL;
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

tinycc_rt_error tinycc_rt_opencl_load(tinycc_rt_device *device)
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
        return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_LIBRARY, "there is no libOpenCL", 0);
    }
    for (int32_t k = 0; k < CL_FUNCTION_COUNT; ++k) {
        device->functions[k] = function_in(device->library, names[k]);
        if (device->functions[k] == NULL) {
            return tinycc_rt_opencl_fail(device, TINYCC_RT_ERROR_LIBRARY, names[k], 0);
        }
    }
    return TINYCC_RT_OK;
}
