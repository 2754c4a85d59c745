// The op table: one row an operator and version, each a function from a Call to its results. Rows
// are spread over files by topic; a row is valid from its version until the next row of its name.
#pragma once

#include <span>

#include "compiler/onnx/trace.h"

namespace tinycc::onnx {

struct OpRow {
  using One = Expr (*)(Call&);
  using Many = Outputs (*)(Call&);
  OpRow(const char* name, int64_t since, One one, const char* domain = "")
      : name(name), since(since), one(one), domain(domain) {}
  OpRow(const char* name, int64_t since, Many many, const char* domain = "")
      : name(name), since(since), many(many), domain(domain) {}

  std::vector<Expr> results(Call& c) const {
    return one != nullptr ? std::vector<Expr>{one(c)} : many(c);
  }

  const char* name;
  int64_t since;
  One one = nullptr;
  Many many = nullptr;
  const char* domain;
};

std::span<const OpRow> elementwise_ops();
std::span<const OpRow> shape_ops();
std::span<const OpRow> index_ops();
std::span<const OpRow> reduce_ops();
std::span<const OpRow> network_ops();  // conv, pooling, normalisation, products, resize
std::span<const OpRow> recurrent_ops();
std::span<const OpRow> quantise_ops();
std::span<const OpRow> quantised_ops();  // com.microsoft, on quantised numbers
std::span<const OpRow> microsoft_ops();  // com.microsoft, the rest
std::span<const OpRow> control_ops();
std::span<const OpRow> attention_ops();
std::span<const OpRow> sample_ops();  // images at computed places
std::span<const OpRow> image_ops();   // files of pictures
std::span<const OpRow> signal_ops();
std::span<const OpRow> sequence_ops();
std::span<const OpRow> ml_ops();    // ai.onnx.ml, n-grams
std::span<const OpRow> text_ops();  // strings
/// ai.onnx.ml's, also from and to strings.
Expr label_encoder(Call& c);
Expr category_mapper(Call& c);
/// Whether operands may be sequences or optional values.
bool takes_sequences(const OpRow& row);
/// The row for an operator that has operands of strings, or nullptr; and whether all it does is to
/// move elements.
const OpRow* find_op_on_strings(const std::string& name);
bool moves_elements(const std::string& name);
std::span<const OpRow> training_ops();  // losses, optimisers, random numbers

/// Attributes of a convolution of x by weights w.
ConvOptions conv_options(Call& c, Expr x, Expr w);
/// Attributes of a pooling of x.
PoolOptions pool_options(Call& c, Expr x);

/// The row for an operator at a version of its domain, or nullptr.
const OpRow* find_op(const std::string& domain, const std::string& name, int64_t version);

}  // namespace tinycc::onnx
