// Matrices of Apple's SIMD groups (ir/groups.h): simdgroup_matrix (Metal Shading Language 2.3; of bfloat, 3.1),
// of 8 by 8; @H@ is what Metal calls their elements.
#include "emitters/matrices.h"

namespace tinycc {
namespace {

constexpr const char* kRowsAt = R"(    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t x = 0; x < 2; ++x) {
            simdgroup_load(all.at[y][x], (const threadgroup @H@ *)&place[(y * 8 * step) + (x * 8)],
                           (ulong)step);
        }
    }
)";
constexpr const char* kRowsTurned = R"(    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t x = 0; x < 2; ++x) {
            simdgroup_load(all.at[y][x], (const threadgroup @H@ *)&place[(x * 8 * step) + (y * 8)],
                           (ulong)step, ulong2(0), true);
        }
    }
)";
constexpr const char* kColumnsAt = R"(    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_load(all.at[y], (const threadgroup @H@ *)&place[y * 8], (ulong)step,
                       ulong2(0), true);
    }
)";
constexpr const char* kColumnsTurned = R"(    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_load(all.at[y], (const threadgroup @H@ *)&place[y * 8 * step], (ulong)step);
    }
)";
constexpr const char* kMultiply = R"(    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_matrix<float, 8, 8> all;

        all.thread_elements()[0] = sum[y * 2];
        all.thread_elements()[1] = sum[(y * 2) + 1];
        simdgroup_multiply_accumulate(all, rows.at[y][0], columns.at[0], all);
        simdgroup_multiply_accumulate(all, rows.at[y][1], columns.at[1], all);
        sum[y * 2] = all.thread_elements()[0];
        sum[(y * 2) + 1] = all.thread_elements()[1];
    }
)";

}  // namespace

MatrixTexts apple_texts(DType dtype) {
  const bool brain = dtype == DType::bf16;
  return {brain ? "defined(__METAL_VERSION__) && (__METAL_VERSION__ >= 310)"
                : "defined(__METAL_VERSION__)",
          "    simdgroup_matrix<@H@, 8, 8> at[2][2];\n",
          "    simdgroup_matrix<@H@, 8, 8> at[2];\n",
          kRowsAt,
          kRowsTurned,
          kColumnsAt,
          kColumnsTurned,
          kMultiply,
          "Item l holds of the sum what is in rows l/16*4 + l%8/2 and eight\n * further down, in "
          "columns "
          "l%16/8*4 + l%2*2 and the next.",
          {{"@H@", brain                 ? "bfloat"
                   : dtype == DType::f16 ? "half"
                                         : "float"}}};
}

}  // namespace tinycc
