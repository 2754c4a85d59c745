// Matrices of AMD's waves (ir/groups.h): MFMA of CDNA, WMMA of RDNA, through LLVM's builtins
// (BuiltinsAMDGPU.def). A product adds up its terms in any order, so an item holds those that lie side by side.
#include <algorithm>

#include "emitters/matrices.h"

namespace tinycc {
namespace {

// @N@ is how many elements of a row (column) an item holds, from @FIRST@ on.
constexpr const char* kHeld =
    R"(    typedef @E@ part __attribute__((ext_vector_type(@N@), aligned(8)));
    part at;
)";
constexpr const char* kAt = R"(    const void *const own = &place[((lane % 16) * step) + @FIRST@];

    all.at = *(const @P@_f_@SIDE@_@t@::part *)own;
)";
constexpr const char* kTurned = R"(    for (int32_t k = 0; k < @N@; ++k) {
        all.at[k] = __builtin_bit_cast(@E@, place[((@FIRST@ + k) * step) + (lane % 16)]);
    }
)";
constexpr const char* kMultiply = R"(    typedef @S@ sums __attribute__((ext_vector_type(@PARTS@)));
    sums all;

    (void)lane;
    for (int32_t part = 0; part < @PARTS@; ++part) {
        all[part] = sum[part];
    }
@BUILTIN@    for (int32_t part = 0; part < @PARTS@; ++part) {
        sum[part] = all[part];
    }
)";

constexpr const char *kCdna = "defined(__gfx90a__) || defined(__gfx942__)",
                     *kCdnaFirst = "((lane % 64) / 16 * 4)", *kRdna3 = "defined(__GFX11__)",
                     *kRdna4 = "defined(__GFX12__)", *kRdna4First = "((lane % 32) / 16 * 8)";

/// @E@ is what the builtin calls an element.
struct Amd {
  const char* form;
  DType dtype;
  const char *device, *element, *count, *first, *builtin;
};
constexpr Amd kAmd[] = {
    {"mfma", DType::f16, kCdna, "_Float16", "4", kCdnaFirst,
     "    all = __builtin_amdgcn_mfma_f32_16x16x16f16(rows.at, columns.at, all, 0, 0, 0);\n"},
    {"mfma", DType::bf16, kCdna, "short", "4", kCdnaFirst,
     "    all = __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(rows.at, columns.at, all, 0, 0, 0);\n"},
    {"mfma", DType::f32, kCdna, "float", "4", kCdnaFirst,
     R"(    for (int32_t k = 0; k < 4; ++k) {
        all = __builtin_amdgcn_mfma_f32_16x16x4f32(rows.at[k], columns.at[k], all, 0, 0, 0);
    }
)"},
    {"mfma", DType::i8, kCdna, "char", "8", "((lane % 64) / 16 * 8)",
     R"(#ifdef __gfx942__
    all = __builtin_amdgcn_mfma_i32_16x16x32_i8(__builtin_bit_cast(long, rows.at),
                                                __builtin_bit_cast(long, columns.at), all, 0, 0, 0);
#else
    all = __builtin_amdgcn_mfma_i32_16x16x16i8(__builtin_bit_cast(int, rows.at.lo),
                                               __builtin_bit_cast(int, columns.at.lo), all, 0, 0, 0);
    all = __builtin_amdgcn_mfma_i32_16x16x16i8(__builtin_bit_cast(int, rows.at.hi),
                                               __builtin_bit_cast(int, columns.at.hi), all, 0, 0, 0);
#endif
)"},
    {"wmma11", DType::f16, kRdna3, "_Float16", "16", "0",
     "    all = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(rows.at, columns.at, all);\n"},
    {"wmma11", DType::bf16, kRdna3, "short", "16", "0",
     "    all = __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(rows.at, columns.at, all);\n"},
    {"wmma11", DType::i8, kRdna3, "char", "16", "0",
     R"(    typedef int words __attribute__((ext_vector_type(4)));

    all = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(true, __builtin_bit_cast(words, rows.at), true,
                                                     __builtin_bit_cast(words, columns.at), all,
                                                     false);
)"},
    {"wmma12", DType::f16, kRdna4, "_Float16", "8", kRdna4First,
     "    all = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(rows.at, columns.at, all);\n"},
    {"wmma12", DType::bf16, kRdna4, "short", "8", kRdna4First,
     "    all = __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32_gfx12(rows.at, columns.at, all);\n"},
    {"wmma12", DType::i8, kRdna4, "char", "8", kRdna4First,
     R"(    typedef int words __attribute__((ext_vector_type(2)));

    all = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32_gfx12(
        true, __builtin_bit_cast(words, rows.at), true, __builtin_bit_cast(words, columns.at), all,
        false);
)"},
};

}  // namespace

MatrixTexts amd_texts(std::string_view form, DType dtype) {
  const Amd& a = *std::ranges::find_if(
      kAmd, [&](const Amd& row) { return row.form == form && row.dtype == dtype; });
  const char* row = form == "mfma"     ? "l%64/16*4 + p"
                    : form == "wmma11" ? "p*2 + l%32/16"
                                       : "l%32/16*8 + p";
  return {a.device,
          kHeld,
          kHeld,
          kAt,
          kTurned,
          kAt,
          kTurned,
          kMultiply,
          std::string("Part p of item l stands in row ") + row + ", column l%16.",
          {{"@BUILTIN@", a.builtin}, {"@E@", a.element}, {"@N@", a.count}, {"@FIRST@", a.first}}};
}

}  // namespace tinycc
