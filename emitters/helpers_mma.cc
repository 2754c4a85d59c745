// Matrices of NVIDIA's warps (ir/groups.h): ldmatrix, mma.sync (PTX ISA 9.7.14). A matrix of 16 rows is read 16
// bytes of each at a time, which are 8 halves, 16 bytes or 4 floats: fragments of all types are alike.
#include <algorithm>

#include <fmt/format.h>

#include "emitters/matrices.h"

namespace tinycc {
namespace {

constexpr const char* kRowsAt =
    R"(    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(all.at[0]), "=r"(all.at[1]), "=r"(all.at[2]), "=r"(all.at[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(
                     &place[((lane % 16) * step) + ((lane % 32) / 16 * @CHUNK@)]))
                 : "memory");
@ROUND_4@)";
constexpr const char* kRowsTurned =
    R"(    const int32_t column = ((lane % 32) / 16 * 8) + (lane % 8);
    const int32_t row = (lane % 16) / 8 * 8;

    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(all.at[0]), "=r"(all.at[1]), "=r"(all.at[2]), "=r"(all.at[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(&place[(column * step) + row]))
                 : "memory");
)";
constexpr const char* kColumnsAt =
    R"(    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(all.at[0]), "=r"(all.at[1])
                 : "r"((uint32_t)__cvta_generic_to_shared(
                     &place[((lane % 8) * step) + ((lane % 16) / 8 * @CHUNK@)]))
                 : "memory");
@ROUND_2@)";
constexpr const char* kColumnsTurned =
    R"(    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(all.at[0]), "=r"(all.at[1])
                 : "r"((uint32_t)__cvta_generic_to_shared(&place[(lane % 16) * step]))
                 : "memory");
)";

// To the nearest number with ten bits behind the point; what mma.sync would do is to cut.
constexpr const char* kRound = R"(    for (int32_t part = 0; part < @N@; ++part) {
        asm("cvt.rna.tf32.f32 %0, %1;"
            : "=r"(all.at[part])
            : "f"(__uint_as_float(all.at[part])));
    }
)";

/// What PTX calls a product, and how deep it is; of Turing, which has smaller ones, `small`.
struct Mma {
  DType dtype;
  const char *shape, *types, *small;
};
constexpr Mma kMma[] = {
    {DType::f16, "m16n8k16", "f32.f16.f16.f32", "m16n8k8"},
    {DType::bf16, "m16n8k16", "f32.bf16.bf16.f32", nullptr},
    {DType::i8, "m16n8k32", "s32.s8.s8.s32", "m8n8k16"},
    {DType::f32, "m16n8k8", "f32.tf32.tf32.f32", nullptr},
};

/// asm of one product, of `count` sums from `sum` on, of these parts of the rows and columns.
std::string product(const char* shape, const char* types, bool floats, int sum, int count,
                    const std::vector<int>& rows, const std::vector<int>& columns) {
  int next = 0;
  const auto places = [&](size_t n) {
    std::vector<std::string> all;
    for (size_t i = 0; i < n; ++i) all.push_back(fmt::format("%{}", next++));
    return fmt::format("{{{}}}", fmt::join(all, ", "));
  };
  const std::string sums = places(static_cast<size_t>(count)), a = places(rows.size()),
                    b = places(columns.size());
  std::vector<std::string> out, in;
  for (int i = 0; i < count; ++i)
    out.push_back(fmt::format("\"+{}\"(sum[{}])", floats ? "f" : "r", sum + i));
  for (const int i : rows) in.push_back(fmt::format("\"r\"(rows.at[{}])", i));
  for (const int i : columns) in.push_back(fmt::format("\"r\"(columns.at[{}])", i));
  return fmt::format(
      "    asm(\"mma.sync.aligned.{}.row.col.{} {}, \"\n        \"{}, {}, {};\"\n        : {}\n"
      "        : {});\n",
      shape, types, sums, a, b, sums, fmt::join(out, ", "), fmt::join(in, ", "));
}

/// Of Turing: the sum's halves of 8 rows, where a product has no more, and all of the depth.
std::string small_products(const Mma& m, bool floats) {
  if (floats)
    return product(m.small, m.types, floats, 0, 4, {0, 1}, {0}) +
           product(m.small, m.types, floats, 0, 4, {2, 3}, {1});
  std::string all;
  for (const int row : {0, 1}) {
    for (const int depth : {0, 1})
      all += product(m.small, m.types, floats, row * 2, 2, {row + depth * 2}, {depth});
  }
  return all;
}

std::string instructions(const Mma& m) {
  const bool floats = is_float(m.dtype);
  const std::string whole = product(m.shape, m.types, floats, 0, 4, {0, 1, 2, 3}, {0, 1});
  if (m.small == nullptr) return whole;
  return "#if __CUDA_ARCH__ >= 800\n" + whole + "#else\n" + small_products(m, floats) + "#endif\n";
}

}  // namespace

MatrixTexts mma_texts(DType dtype) {
  const Mma& m = *std::ranges::find(kMma, dtype, &Mma::dtype);
  const bool rounds = dtype == DType::f32;
  return {
      "defined(__CUDA_ARCH__)",
      "    uint32_t at[4];\n",
      "    uint32_t at[2];\n",
      kRowsAt,
      kRowsTurned,
      kColumnsAt,
      kColumnsTurned,
      "    (void)lane;\n" + instructions(m),
      "Item l holds of the sum what is in rows l/4 and l/4 + 8, in columns\n * l%4*2 and the next.",
      {{"@ROUND_4@", rounds ? replaced(kRound, {{"@N@", "4"}}) : ""},
       {"@ROUND_2@", rounds ? replaced(kRound, {{"@N@", "2"}}) : ""},
       {"@CHUNK@", std::to_string(128 / bits_of(dtype))}}};
}

}  // namespace tinycc
