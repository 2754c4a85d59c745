# samples/android without the NDK: Clang for Android, headers of its own besides math.h's functions; a
# toolchain file and an imitation of ndk-build stand in for the NDK's.
command -v clang-19 mold >/dev/null || exit 77
cp -r "$SAMPLES" samples
mkdir include
cat >include/math.h <<'C'
float sqrtf(float x);
float expf(float x);
double sqrt(double x);
double log(double x);
double sin(double x);
double trunc(double x);
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
C
flags="--target=aarch64-linux-android29 -ffreestanding -nostdlibinc -isystem $PWD/include -fPIC -Wall -Wextra -Werror"
link="--target=aarch64-linux-android29 -shared -nostdlib -fuse-ld=mold"
is_android() {
  nm -D "$1" >symbols.txt
  has symbols.txt ' T classify$'
  file "$1" >file.txt
  has file.txt 'shared object, ARM aarch64'
}

cat >android.cmake <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_COMPILER_WORKS TRUE)
set(CMAKE_C_FLAGS_INIT "$flags")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "$link")
set(CMAKE_FIND_ROOT_PATH /nonexistent)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
CMAKE
quiet cmake -S samples/android -B build -G Ninja -DCMAKE_TOOLCHAIN_FILE="$PWD/android.cmake" \
  -Dtinycc_DIR="$(pkg-config --variable=cmake_dir tinycc)"
quiet cmake --build build
is_android build/libclassify.so

# ndk-build: what the modules of Android.mk set is what this compiles.
mkdir ndk
printf 'LOCAL_%s :=\n' MODULE SRC_FILES CFLAGS EXPORT_C_INCLUDES STATIC_LIBRARIES >ndk/clear.mk
cat >ndk/module.mk <<'MAKE'
INCLUDES += $(addprefix -I,$(LOCAL_EXPORT_C_INCLUDES))
$(foreach f,$(LOCAL_SRC_FILES),$(eval $(f:.c=.o)_flags := $(LOCAL_CFLAGS)))
OBJECTS  += $(LOCAL_SRC_FILES:.c=.o)
MAKE
cat >ndk/Makefile <<'MAKE'
all: libclassify.so
INCLUDES              :=
OBJECTS               :=
my-dir                := ../samples/android/jni
CLEAR_VARS            := clear.mk
BUILD_STATIC_LIBRARY  := module.mk
BUILD_SHARED_LIBRARY  := module.mk
include ../samples/android/jni/Android.mk ../samples/android/jni/Application.mk
libclassify.so: $(OBJECTS)
	clang-19 $(LINK) -o $@ $^
$(OBJECTS): %.o: $(my-dir)/%.c
	mkdir -p $(@D)
	clang-19 $(FLAGS) $($@_flags) $(INCLUDES) -c -o $@ $<
MAKE
tinycc samples/digits/model.yaml -o samples/android/jni/digits --target c:cpu=cortex-a55
quiet make -C ndk FLAGS="$flags" LINK="$link"
is_android ndk/libclassify.so
