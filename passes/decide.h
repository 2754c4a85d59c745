// What passes decide by an estimate and a search may find otherwise: an algorithm, a layout. In: a
// question with what there is to choose from. Out: the answer of whoever knows better, or the pass's
// own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/target.h"

namespace tinycc {

struct Decision {
  const char* section;  // of a tuning file: "graph" or "buffers"
  std::string key;      // what is decided on, and for which target: 16 hexadecimal digits
  std::string name;     // for people
  std::string ours;     // without anybody's answer
  std::vector<std::string> possible;  // `ours` is one of them
  double work = 0;  // about what depends on it: the more, the sooner it is worth a look
};

/// One of the possible answers. Empty functions leave all decisions to the passes.
using Decide = std::function<std::string(const Decision&)>;

/// What a target is, for keys.
std::string target_text(const Target& target);
/// 16 hexadecimal digits of a text.
std::string hash_of(const std::string& text);

}  // namespace tinycc
