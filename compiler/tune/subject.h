// A program in this process: emitted, compiled, with memory for its arguments. Lives in the child of
// a trial.
#pragma once

#include "compiler/tune/native.h"
#include "compiler/tune/trial.h"

namespace tinycc {

class Running {
 public:
  Running(const Program& program, const std::string& cc);

  void run();
  /// Compares the outputs with `expected`, as they lie in memory; "" or what differs.
  std::string difference(const SharedBytes& expected) const;
  void store(SharedBytes& results) const;
  Reading time(double seconds, double limit_us);

 private:
  struct Block {  // of memory, aligned as vectors are
    std::shared_ptr<char> data;
    const Buffer* buffer = nullptr;
  };
  Block block(size_t bytes, const Buffer* buffer);

  const Program& program_;
  std::unique_ptr<Native> native_;
  std::vector<Block> outputs_, others_;
  std::vector<void*> input_list_, output_list_;
  void* arena_ = nullptr;
  void* state_ = nullptr;
  using Run = int (*)(void**, void**, void*, void*);
  Run run_ = nullptr;
};

}  // namespace tinycc
