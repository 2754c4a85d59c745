# The Zephyr module, in an imitation of Zephyr's build: modules are folders whose module.yml names theirs of
# CMake and Kconfig; the interface library zephyr_interface has the flags of the board.
module=$(pkg-config --variable=cmake_dir tinycc)
has "$module/zephyr/module.yml" 'cmake: zephyr'
has "$module/$(sed -n 's/ *kconfig: //p' "$module/zephyr/module.yml")" '^config TINYCC$'
cat >CMakeLists.txt <<CMAKE
cmake_minimum_required(VERSION 3.20)
project(app C)
add_library(zephyr_interface INTERFACE)
target_compile_definitions(zephyr_interface INTERFACE BOARD_OF_ZEPHYR)
set(CONFIG_TINYCC y)
add_subdirectory($module/zephyr zephyr_module_tinycc)
tinycc_add_model(first MODEL models/first.yaml TARGETS c:cpu=cortex-m4)
CMAKE
quiet cmake -B build -G Ninja -DCMAKE_C_COMPILER=clang-19 -Dfirst_machine= -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
has build/compile_commands.json 'DBOARD_OF_ZEPHYR.*first[.]c'
quiet cmake --build build
