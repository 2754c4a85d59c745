// Matrices of Apple's SIMD groups (ir/groups.h): simdgroup_matrix (Metal Shading Language 2.3; of bfloat, 3.1).
#include "emitters/matrices.h"

namespace tinycc {
namespace {

// As matrices of 8 by 8; of @t@, which Metal calls @H@.
constexpr HelperRow kAppleRows[] = {
    {"@P@_f_rows_@t@", R"(
/* A matrix of 16 rows and 16 columns. */
typedef struct {
#if @METAL@
    simdgroup_matrix<@H@, 8, 8> at[2][2];
#else
@PLACE@#endif
} @P@_f_rows_@t@;
)"},
    {"@P@_f_columns_@t@", R"(
/* A matrix of 16 rows and 8 columns. */
typedef struct {
#if @METAL@
    simdgroup_matrix<@H@, 8, 8> at[2];
#else
@PLACE@#endif
} @P@_f_columns_@t@;
)"},
    {"@P@_f_rows_@t@_at", R"(
/* From the threadgroup's memory, where rows are `step` elements apart. */
template <typename P>
static inline @P@_f_rows_@t@ @P@_f_rows_@t@_at(P place, int32_t step, int32_t lane)
{
    @P@_f_rows_@t@ all;

#if @METAL@
    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t x = 0; x < 2; ++x) {
            simdgroup_load(all.at[y][x], (const threadgroup @H@ *)&place[(y * 8 * step) + (x * 8)],
                           (ulong)step);
        }
    }
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_rows_@t@_turned", R"(
/* From the threadgroup's memory, where columns are `step` elements apart. */
template <typename P>
static inline @P@_f_rows_@t@ @P@_f_rows_@t@_turned(P place, int32_t step, int32_t lane)
{
    @P@_f_rows_@t@ all;

#if @METAL@
    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t x = 0; x < 2; ++x) {
            simdgroup_load(all.at[y][x], (const threadgroup @H@ *)&place[(x * 8 * step) + (y * 8)],
                           (ulong)step, ulong2(0), true);
        }
    }
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_@t@_at", R"(
/* From the threadgroup's memory, where columns are `step` elements apart. */
template <typename P>
static inline @P@_f_columns_@t@ @P@_f_columns_@t@_at(P place, int32_t step, int32_t lane)
{
    @P@_f_columns_@t@ all;

#if @METAL@
    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_load(all.at[y], (const threadgroup @H@ *)&place[y * 8], (ulong)step,
                       ulong2(0), true);
    }
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_@t@_turned", R"(
/* From the threadgroup's memory, where rows are `step` elements apart. */
template <typename P>
static inline @P@_f_columns_@t@ @P@_f_columns_@t@_turned(P place, int32_t step, int32_t lane)
{
    @P@_f_columns_@t@ all;

#if @METAL@
    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_load(all.at[y], (const threadgroup @H@ *)&place[y * 8 * step], (ulong)step);
    }
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_multiply_@t@", R"(
/* sum += rows * columns by a SIMD group. Item l holds of the sum what is in rows l/16*4 + l%8/2 and eight
 * further down, in columns l%16/8*4 + l%2*2 and the next. */
static inline void @P@_f_multiply_@t@(@T@float *sum, @P@_f_rows_@t@ rows, @P@_f_columns_@t@ columns,
                                      int32_t lane)
{
#if @METAL@
    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_matrix<float, 8, 8> all;

        all.thread_elements()[0] = sum[y * 2];
        all.thread_elements()[1] = sum[(y * 2) + 1];
        simdgroup_multiply_accumulate(all, rows.at[y][0], columns.at[0], all);
        simdgroup_multiply_accumulate(all, rows.at[y][1], columns.at[1], all);
        sum[y * 2] = all.thread_elements()[0];
        sum[(y * 2) + 1] = all.thread_elements()[1];
    }
#else
@PRODUCTS@#endif
}
)"},
};

}  // namespace

void add_apple_matrices(std::vector<HelperText>& helpers, const MatrixWords& words, DType dtype) {
  const bool brain = dtype == DType::bf16;
  Replacements with = words.all;
  with.insert(with.end(),
              {{"@METAL@", brain ? "defined(__METAL_VERSION__) && (__METAL_VERSION__ >= 310)"
                                 : "defined(__METAL_VERSION__)"},
               {"@H@", brain                 ? "bfloat"
                       : dtype == DType::f16 ? "half"
                                             : "float"}});
  add_rows(helpers, kAppleRows, with);
}

}  // namespace tinycc
