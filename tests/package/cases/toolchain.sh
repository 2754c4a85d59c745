# CMake with a toolchain file: two models in one firmware for Cortex-M4, by the cross compiler.
command -v arm-none-eabi-gcc >/dev/null || exit 77
cat >arm.cmake <<'CMAKE'
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16")
set(CMAKE_EXE_LINKER_FLAGS_INIT --specs=nosys.specs)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
CMAKE
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(firmware C)
find_package(tinycc 0.1 REQUIRED)
tinycc_add_model(first MODEL models/first.yaml TARGETS c:cpu=cortex-m4,prefer=ram)
tinycc_add_model(second MODEL models/second.yaml TARGETS c:cpu=cortex-m4 OPTIONS --weights incbin)
add_executable(firmware main.c)
target_link_libraries(firmware PRIVATE first second)
CMAKE
cat >main.c <<'C'
#include "first.h"
#include "second.h"
static first_arena first;
static second_arena second;
int main(void)
{
    const first_inputs first_in = {0};
    const first_outputs first_out = {0};
    const second_inputs second_in = {0};
    const second_outputs second_out = {0};
    return (int)first_run(&first_in, &first_out, &first) + (int)second_run(&second_in, &second_out, &second);
}
C
quiet cmake -B build -G Ninja -DCMAKE_TOOLCHAIN_FILE=arm.cmake -DCMAKE_BUILD_TYPE=Release
quiet cmake --build build
arm-none-eabi-readelf -A build/firmware >attributes.txt
has attributes.txt 'Tag_CPU_arch: v7E-M'
arm-none-eabi-nm build/firmware >symbols.txt
has symbols.txt ' T first_run$'
has symbols.txt ' T second_run$'

# What cannot be compiled fails with tinycc's own words, and again at the next try.
sed -i 's/external/missing/' models/second.yaml
for _ in 1 2; do
  fails cmake --build build
  has log.txt "missing.onnx"
done
