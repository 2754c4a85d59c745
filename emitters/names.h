// Every name that the emitted C of a program has at file scope, and how its kernels reach their
// buffers. In: a planned program. Out: names that are C and C++ identifiers, carry the program's
// prefix, and never meet each other, a keyword or a macro. The kernel emitter and the host emitter
// ask here, so that they agree.
//
// A buffer is a struct with one member `at`, an array of the physical extents of its layout (no
// array for a scalar). Inputs and outputs have types of their own. Other buffers of the same
// dtype and the same extents share a type, so that one kernel can serve several of them. A weight
// that its kernel names itself is a plain array within the constants.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ir/program.h"

namespace tinycc {

/// Where the weights travel: in C source (hexadecimal literals for small tensors, strings of bytes
/// for large ones), in a file that the assembler includes, or in a file that the caller loads.
enum class WeightsMode : uint8_t { source, incbin, bin };

/// `text` as an identifier of C and C++: letters, digits and single underscores, not reserved, at
/// most 40 characters. Never empty.
std::string c_identifier(std::string_view text);
/// A letter, then letters, digits and '_', no word of C or C++.
bool is_c_identifier(std::string_view text);
/// The same, not yet in `taken`; what it returns is added there. "h", then "h_2", "h_3" …
std::string unique_identifier(std::string_view text, std::set<std::string>& taken);

/// How a kernel reaches one of its parameters.
struct ParameterNames {
  int64_t buffer = 0;  // the program's buffer, of the first call
  bool passed = true;  // false: a weight, the same one in all calls, which the kernel names itself
  bool written = false;
  bool image = false;   // of texels: it is no struct in memory
  std::string type;     // "digits_t_h1"; empty unless passed
  std::string name;     // "h1", unique in the kernel; empty unless passed
  std::string element;  // what indices are appended to: "h1->at", "digits_constants.conv1_weight"
};

bool has_weights(const Program& program);

class Names {
 public:
  /// A program without weights has no file of them, whatever is asked for.
  /// Errors: Error(internal) when calls of one kernel disagree about a parameter's type.
  explicit Names(const Program& program, WeightsMode weights = WeightsMode::source);

  const std::string& prefix() const { return program_.name; }
  /// Of the types of inputs and outputs.
  const std::string& port_prefix() const {
    return program_.family.empty() ? program_.name : program_.family;
  }
  WeightsMode weights_mode() const { return mode_; }
  /// "DIGITS_" + suffix.
  std::string macro(std::string_view suffix) const;
  /// prefix + "_" + suffix: for helpers of a kernel emitter, whose suffixes start with "f_".
  std::string prefixed(std::string_view suffix) const;

  /// The kernel's function: "digits_conv1_relu".
  const std::string& kernel(size_t index) const { return kernels_[index]; }
  /// In the order of Kernel::parameters. Empty when no step calls the kernel.
  const std::vector<ParameterNames>& parameters(size_t kernel) const { return parameters_[kernel]; }
  /// Ranges of enclosing `repeat` steps that the kernel's body uses; parameters `int32_t NAME`
  /// after the buffers, named as below.
  const std::vector<Expr>& free_ranges(size_t kernel) const { return ranges_[kernel]; }
  std::string range_name(size_t kernel, Expr range) const;
  /// "void digits_conv1_relu(const digits_t_x *restrict x, digits_t_h1 *restrict h1)". Of a kernel
  /// that threads share the last parameters are `int32_t part, int32_t parts`, 0 <= part < parts,
  /// unless asked for as a whole.
  std::string signature(size_t kernel, bool whole = false) const;
  /// True when no call of the kernel passes it memory that overlaps what it writes.
  bool may_restrict(size_t kernel) const;

  /// The struct of a buffer; for a weight that is never passed: empty.
  const std::string& type(int64_t buffer) const;
  /// The buffer's own name within inputs, outputs, state, arena or constants.
  const std::string& member(int64_t buffer) const;
  /// The member of the inputs that holds dimension k of the program.
  const std::string& dim(size_t k) const { return dims_[k]; }
  /// The part of the arena in a memory, as its type ends and kernels call it: "arena_tcm"; "arena", if it
  /// is the only one.
  std::string arena(size_t memory = 0) const;
  /// What indices are appended to, for a weight: "digits_constants.conv1_weight".
  std::string weight_element(int64_t buffer) const;
  /// The weight itself: "digits_constants.conv1_weight".
  std::string weight_place(int64_t buffer) const;
  /// True when the weight is a struct with a member `at`, since a kernel takes it as an argument.
  bool weight_is_struct(int64_t buffer) const;
  /// True when this large weight is a const object of its own, outside of the constants.
  bool weight_is_apart(int64_t buffer) const { return apart_.count(buffer) != 0; }
  /// True when the kernel names weights that come from a file: its last parameter but `part` is
  /// then `const digits_weights *weights`.
  bool takes_weights(size_t kernel) const;

  /// Types that several buffers share, or that one has alone: name and a buffer of that type, in
  /// order of first use. Inputs and outputs are not among them.
  const std::vector<std::pair<std::string, int64_t>>& shared_types() const { return type_list_; }
  /// The calls of a kernel, in the order of the steps.
  const std::vector<const Step*>& calls(size_t kernel) const { return calls_[kernel]; }
  const Program& program() const { return program_; }

 private:
  void name_ports();
  void name_weights();
  void name_buffers();
  void name_kernels();
  void name_types();
  void name_parameters(size_t kernel);
  bool is_weight(int64_t buffer) const;
  /// The buffers that calls of the kernel pass as one parameter.
  std::set<int64_t> arguments_of(size_t kernel, size_t parameter) const;

  const Program& program_;
  WeightsMode mode_;
  std::set<std::string> taken_;  // at file scope
  std::vector<std::string> kernels_;
  std::vector<std::vector<const Step*>> calls_;  // by kernel, in order of the steps
  std::vector<std::vector<ParameterNames>> parameters_;
  std::vector<std::vector<Expr>> ranges_;
  std::map<int64_t, std::string> types_, members_;
  std::vector<std::string> dims_;
  std::vector<std::pair<std::string, int64_t>> type_list_;
  std::set<int64_t> structs_;  // weights that some kernel takes as an argument
  std::set<int64_t> apart_;
};

/// "f32[1,16,8,8]"; a scalar: "f32".
std::string shape_text(DType dtype, const std::vector<int64_t>& shape);
/// Axes of memory, outermost first, where they differ from row-major: "0 2(1,1) 3(1,1) 1/8 1%8" is
/// dimension 0, then 2 and 3 with a halo of 1 before and behind, then 1 in blocks of 8. Else "".
std::string layout_text(const Buffer& buffer);
/// "[34][34][16]"; "" for a scalar.
std::string extents_text(const Buffer& buffer);

}  // namespace tinycc
