// See dot.h.
#include "passes/dot.h"

namespace tinycc {
namespace {

struct DotRow {
  Dot idiom;
  DotForm form;
};

// smlad: a load and two widenings bring four bytes, two instructions multiply them. mve: vectors of
// 16 bytes, or of 8 widened as they are loaded, in registers of their own.
constexpr DotRow kForms[] = {
    {Dot::smlad, {4, 3, 2, 4}},
    {Dot::mve, {16, 1, 1, 8}},
    {Dot::mve, {8, 1, 1, 8}},
};

}  // namespace

std::optional<DotForm> dot_form(Dot idiom, int64_t extent) {
  std::optional<DotForm> best;
  for (const auto& [of, form] : kForms) {
    if (of != idiom || form.terms > extent) continue;
    if (!best || extent % form.terms < extent % best->terms) best = form;
  }
  return best;
}

std::optional<MaddForm> madd_form(Dot idiom, bool pairs) {
  switch (idiom) {
    case Dot::smlad: return MaddForm{3, 2, 4, 4};
    case Dot::mve: return pairs ? MaddForm{1, 2, 2, 16, true} : MaddForm{2, 2, 3, 16, true};
    case Dot::sdot:
    case Dot::i8mm:
    case Dot::vnni:
    case Dot::smull:
    case Dot::vwmacc:
    case Dot::none: return {};
  }
  return {};
}

}  // namespace tinycc
