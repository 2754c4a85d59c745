// One kernel by itself: what a search needs in order to time it apart from its model, and to know it
// again in another one. In: a draft and the computations that become the kernel. Out: a draft of
// those alone, that builds and runs like any other; a key that depends on nothing but what is
// computed, where its arguments lie, and for which target.
#pragma once

#include "passes/draft.h"

namespace tinycc {

struct Excerpt {
  std::unique_ptr<Graph> graph;  // the draft points at it
  Draft draft;
};

/// What the computations read of others becomes an input, what others read of them an output.
Excerpt excerpt(const Draft& draft, const std::vector<size_t>& computations);

/// The plain nest, the layouts of its arguments, whether it may run in place, and the target; no
/// name of the model's.
std::string kernel_text(const Draft& draft, const Computation& computation);
/// 16 hexadecimal digits of that text.
std::string kernel_key(const Draft& draft, const Computation& computation);
/// The same of what is computed alone, wherever its arguments lie: the key of the result's layout.
std::string result_key(const Draft& draft, const Computation& computation);

}  // namespace tinycc
