// Programs that run in a process of their own: a main() that fills the arguments by a formula, and prints
// sums of what is computed, which stand for it.
#pragma once

#include "compiler/tune/subject.h"

namespace tinycc {

class BySums : public Running {
 public:
  void store(SharedBytes& results) override;
  std::string difference(const SharedBytes& expected) override;

 protected:
  /// What a main() printed: a sum and a sum of magnitudes, kSums of each an output.
  void take_sums(const std::string& text);

 private:
  std::vector<double> sums_;
};

/// An executable of a program's library and main.c in `folder`, made by subject.cc. Errors:
/// Error(bad_input) with what the compiler says. `main`: C behind a head with the arguments, in which FILLS,
/// RUN and PRINTS stand for statements, PREFIX for the program's name; of devices with a PREFIX_device.
std::string build_executable(const Program& program, const Subject& subject,
                             const std::string& main);

}  // namespace tinycc
