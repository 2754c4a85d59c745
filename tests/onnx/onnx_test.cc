// The ONNX front end: small models against what ONNX Runtime gives for them (make_models.py), wrong
// models against the messages that they must get, and damaged files, which may do anything but crash.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "compiler/data/data.h"
#include "compiler/onnx/file.h"
#include "compiler/onnx/onnx.h"
#include "compiler/tensor/tensor.h"
#include "ir/eval.h"
#include "passes/settle_dims.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;
using namespace onnx;

const fs::path kModels = fs::path(TINYCC_SOURCE_DIR) / "tests/onnx/models";

std::string bytes_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder of this test's own, gone at the end.
struct TempFolder {
  fs::path path =
      fs::temp_directory_path() / ("tinycc_onnx_" + std::to_string(std::random_device{}()));
  TempFolder() { fs::create_directories(path); }
  ~TempFolder() { fs::remove_all(path); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }
};

bool close(double got, double want) {
  return got == want || (std::isnan(got) && std::isnan(want)) ||
         std::abs(got - want) <= 1e-5 + 1e-5 * std::abs(want);
}

/// Strings in cells as wide as those of `like`.
TensorData widened(const TensorData& cells, const TensorData& like) {
  const auto width = static_cast<size_t>(cells.shape.back()),
             wide = static_cast<size_t>(like.shape.back());
  std::vector<std::byte> bytes;
  for (size_t at = 0; at < cells.bytes->size(); at += width) {
    bytes.insert(bytes.end(), cells.bytes->begin() + static_cast<std::ptrdiff_t>(at),
                 cells.bytes->begin() + static_cast<std::ptrdiff_t>(at + width));
    bytes.resize(bytes.size() + wide - width);
  }
  std::vector<int64_t> shape = cells.shape;
  shape.back() = like.shape.back();
  return TensorData::of_bytes(cells.dtype, shape, std::move(bytes));
}

void compare(const TensorData& got, const TensorData& want, const std::string& name) {
  CAPTURE(name);
  REQUIRE(got.dtype == want.dtype);
  REQUIRE(got.shape == want.shape);
  for (int64_t i = 0; i < want.count(); ++i) {
    CAPTURE(i);
    REQUIRE_MESSAGE(close(got.number(i), want.number(i)), got.number(i)
                                                              << " is not " << want.number(i));
  }
}

/// What load_onnx says about a file; empty if it is content.
OnnxOptions pinned(const std::string& input, const std::vector<int64_t>& extents,
                   const std::string& name = "") {
  OnnxOptions options;
  options.name = name;
  for (const int64_t extent : extents) options.shapes.inputs[input].push_back({"", extent});
  return options;
}

std::string complaint(const fs::path& path, const OnnxOptions& options = {}) {
  try {
    load_onnx(path.string(), options);
    return "";
  } catch (const Error& e) {
    CHECK(e.code != ExitCode::internal);
    CHECK(e.at.file == path.string());
    return e.what();
  }
}

proto::Model parsed(const std::string& name) { return read_model(kModels / (name + ".onnx")); }

/// The tensor `name` of the model.
proto::Tensor& initializer(proto::Model& model, const std::string& name) {
  for (proto::Tensor& t : *model.mutable_graph()->mutable_initializer()) {
    if (t.name() == name) return t;
  }
  FAIL("no initializer " << name);
  return *model.mutable_graph()->add_initializer();
}

proto::Entry& external(proto::Model& model, const std::string& key) {
  for (proto::Entry& entry : *initializer(model, "w").mutable_external_data()) {
    if (entry.key() == key) return entry;
  }
  proto::Entry& entry = *initializer(model, "w").add_external_data();
  entry.set_key(key);
  return entry;
}

struct Mistake {
  const char* message;  // a part of what the error must say
  const char* model;    // made wrong by:
  void (*make)(proto::Model&);
};

const Mistake kMistakes[] = {
    {"this is no ONNX model", "conv", [](proto::Model& m) { m.clear_graph(); }},
    {"this is no ONNX model", "conv", [](proto::Model& m) { m.clear_ir_version(); }},
    {"has no outputs", "conv", [](proto::Model& m) { m.mutable_graph()->clear_output(); }},
    {"'nothing' is used but not defined before", "conv",
     [](proto::Model& m) { m.mutable_graph()->mutable_node(2)->set_input(0, "nothing"); }},
    {"'w2' is used but not defined before", "shape_arithmetic",
     [](proto::Model& m) { m.mutable_graph()->mutable_node()->SwapElements(3, 5); }},
    {"node 'strided' (Conv): 'plain' is defined twice", "conv",
     [](proto::Model& m) { m.mutable_graph()->mutable_node(1)->set_output(0, "plain"); }},
    {"'b' is defined twice", "conv", [](proto::Model& m) { initializer(m, "w").set_name("b"); }},
    {"tensor 'w' has 860 bytes of data, not 864", "conv",
     [](proto::Model& m) { initializer(m, "w").mutable_raw_data()->resize(860); }},
    {"tensor 'w' has a negative dimension", "conv",
     [](proto::Model& m) { initializer(m, "w").set_dims(1, -4); }},
    {"tensor 'w' has an absurd size", "conv",
     [](proto::Model& m) { initializer(m, "w").set_dims(1, int64_t{1} << 62); }},
    {"tensor 'w' has not as many strings as its shape says", "conv",
     [](proto::Model& m) { initializer(m, "w").set_data_type(8); }},
    {"element type 99 is not supported", "conv",
     [](proto::Model& m) { initializer(m, "w").set_data_type(99); }},
    {"node 'plain' (Conv): operands of shapes [1, 4, 7, 6] and [6]", "conv",
     [](proto::Model& m) { m.mutable_graph()->mutable_node(0)->set_input(1, "b"); }},
    {"node 'plain' (Conv): operand 1 is missing", "conv",
     [](proto::Model& m) {
       m.mutable_graph()->mutable_node(0)->mutable_input()->RemoveLast();
       m.mutable_graph()->mutable_node(0)->mutable_input()->RemoveLast();
     }},
    {"node 'strided' (Conv): strides has the wrong length", "conv",
     [](proto::Model& m) {
       m.mutable_graph()->mutable_node(1)->mutable_attribute(2)->add_ints(1);
     }},
    {"nodes that are not supported:\n  node 'plain' (Convolve): operator set 18 has no such "
     "operator that is supported\n    hint: put others in its place, or a local function of the "
     "model\n  node 'same' (far.Conv): ",
     "conv",
     [](proto::Model& m) {
       m.mutable_graph()->mutable_node(0)->set_op_type("Convolve");
       m.mutable_graph()->mutable_node(2)->set_domain("far");
     }},
    {"input 'x' is no tensor", "conv",
     [](proto::Model& m) {
       m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_sequence_type();
       m.mutable_graph()->mutable_input(0)->mutable_type()->clear_tensor_type();
     }},
    {"input 'x' has shape [1, 4, rows, ?]: not every extent is known", "conv",
     [](proto::Model& m) {
       auto& dims = *m.mutable_graph()
                         ->mutable_input(0)
                         ->mutable_type()
                         ->mutable_tensor_type()
                         ->mutable_shape()
                         ->mutable_dim();
       dims[2].clear_dim_value();
       dims[2].set_dim_param("rows");
       dims[3].set_dim_value(-1);
     }},
    {"operand 1 ('target') depends on the model's inputs", "shape_arithmetic",
     [](proto::Model& m) {
       proto::ValueInfo& input = *m.mutable_graph()->add_input();
       input.set_name("free");
       input.mutable_type()->mutable_tensor_type()->set_elem_type(7);
       input.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(1);
       for (proto::ValueInfo& o : *m.mutable_graph()->mutable_output()) o.clear_type();  // no help
       m.mutable_graph()->mutable_node(7)->set_input(0, "free");
     }},
    {"cannot reshape [2, 3, 4] to [2, 7, 1]", "shape_arithmetic",
     [](proto::Model& m) {
       initializer(m, "twos").set_raw_data(std::string("\1\0\0\0\0\0\0\0", 8));
       initializer(m, "minus").set_raw_data(std::string("\1\0\0\0\0\0\0\0", 8));
       m.mutable_graph()->mutable_node(3)->set_op_type("Sub");
       m.mutable_graph()->mutable_node(3)->set_input(0, "count2");
     }},
    {"there is no axis 9 in a tensor of rank 3", "movement",
     [](proto::Model& m) { initializer(m, "axes").mutable_raw_data()->at(0) = 9; }},
    {"points outside the model's folder", "external",
     [](proto::Model& m) { external(m, "location").set_value("../external.bin"); }},
    {"points outside the model's folder", "external",
     [](proto::Model& m) { external(m, "location").set_value("/etc/passwd"); }},
    {"which is not there", "external",
     [](proto::Model& m) { external(m, "location").set_value("lost.bin"); }},
    {"which has not as many there", "external",
     [](proto::Model& m) { external(m, "offset").set_value("4"); }},
    {"is no offset or length", "external",
     [](proto::Model& m) { external(m, "offset").set_value("-1"); }},
    {"nested too deeply", "function",
     [](proto::Model& m) {
       proto::Node& inner = *m.mutable_functions(0)->mutable_node(0);
       inner.set_op_type("SquarePlus");
       inner.set_domain("local");
       m.mutable_functions(0)->add_opset_import()->set_domain("local");
     }},
};

}  // namespace

TEST_CASE("ONNX models give ONNX Runtime's numbers") {
  for (const auto& entry : fs::directory_iterator(kModels)) {
    if (entry.path().extension() != ".onnx") continue;
    CAPTURE(entry.path().stem().string());
    const Graph graph = load_onnx(entry.path().string());
    const Tensors stored = load_tensors(fs::path(entry.path()).replace_extension(".npz").string());
    Values inputs;
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      inputs[graph.inputs[i].name] = stored.at("in_" + std::to_string(i));
    }
    const std::vector<TensorData> outputs = eval(graph, inputs);
    for (size_t i = 0; i < outputs.size(); ++i) {
      TensorData want = stored.at("out_" + std::to_string(i));
      if (graph.outputs[i].form.kind == PortForm::Kind::text) want = widened(want, outputs[i]);
      compare(outputs[i], want, graph.outputs[i].name);
    }
  }
}

TEST_CASE("ONNX mistakes are named") {
  const TempFolder folder;
  fs::copy_file(kModels / "external.bin", folder.path / "external.bin");
  for (const Mistake& mistake : kMistakes) {
    proto::Model model = parsed(mistake.model);
    mistake.make(model);
    const std::string said = complaint(folder.write("wrong.onnx", model.SerializeAsString()));
    CHECK_MESSAGE(said.find(mistake.message) != std::string::npos,
                  "'" << said << "' lacks '" << mistake.message << "'");
  }
}

TEST_CASE("ONNX files that are none") {
  const TempFolder folder;
  const std::string whole = bytes_of_file(kModels / "conv.onnx");
  CHECK(complaint(folder.path / "missing.onnx") == "there is no such file");
  CHECK(complaint(folder.write("empty.onnx", "")) == "the file is empty");
  CHECK(complaint(folder.write("half.onnx", whole.substr(0, whole.size() / 2))).find("truncated") !=
        std::string::npos);
  CHECK(complaint(folder.write("text.onnx", "name: digits\n")).find("no ONNX model") !=
        std::string::npos);
}

namespace {

/// The bytes of the picture [1, 2, 3] in a file.
std::vector<int64_t> decoded(const TempFolder& folder, const std::string& file) {
  proto::Model model;
  model.set_ir_version(10);
  model.add_opset_import()->set_version(20);
  proto::Graph& graph = *model.mutable_graph();
  const auto declare = [](proto::ValueInfo& info, const char* name, const Ints& shape) {
    info.set_name(name);
    info.mutable_type()->mutable_tensor_type()->set_elem_type(onnx_number(DType::u8));
    for (const int64_t n : shape)
      info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(n);
  };
  declare(*graph.add_input(), "file", {static_cast<int64_t>(file.size())});
  declare(*graph.add_output(), "picture", {1, 2, 3});
  graph.add_node()->set_op_type("ImageDecoder");
  graph.mutable_node(0)->add_input("file");
  graph.mutable_node(0)->add_output("picture");
  Graph traced = load_onnx(folder.write("image.onnx", model.SerializeAsString()).string());
  settle_dims(traced);
  const TensorData bytes =
      TensorData::of_integers(DType::u8, {static_cast<int64_t>(file.size())},
                              {reinterpret_cast<const unsigned char*>(file.data()),
                               reinterpret_cast<const unsigned char*>(file.data()) + file.size()});
  const std::vector<TensorData> results = eval(traced, {{"file", bytes}});
  return results[1].integer(0) == 1 ? results[0].integers() : Ints();
}

}  // namespace

TEST_CASE("ONNX pictures are decoded, and what is none has no rows") {
  const TempFolder folder;
  const auto little = [](uint32_t n) {
    return std::string(reinterpret_cast<const char*>(&n), sizeof n);
  };
  const std::string bmp = "BM" + little(62) + little(0) + little(54) + little(40) + little(2) +
                          little(1) + little(1 | 24 << 16) + std::string(24, '\0') + "cbafed" +
                          std::string(2, '\0');
  const Ints picture{'a', 'b', 'c', 'd', 'e', 'f'};
  CHECK(decoded(folder, bmp) == picture);
  CHECK(decoded(folder, "P6 # 3\n2 1\n255\nabcdef") == picture);
  CHECK(decoded(folder, "P5 2 1 255 ad") == Ints{'a', 'a', 'a', 'd', 'd', 'd'});
  CHECK(decoded(folder, "P6 2 1 255 abcde").empty());
  CHECK(decoded(folder, "P6 1 2 255 abcdef").empty());
  CHECK(decoded(folder, "\x89PNG and so on").empty());
}

TEST_CASE("ONNX shapes of inputs can be given") {
  proto::Model model = parsed("softmax_of_old");
  auto& shape = *model.mutable_graph()
                     ->mutable_input(0)
                     ->mutable_type()
                     ->mutable_tensor_type()
                     ->mutable_shape();
  shape.mutable_dim(0)->clear_dim_value();
  const TempFolder folder;
  const fs::path path = folder.write("open.onnx", model.SerializeAsString());
  CHECK(complaint(path, pinned("x", {5, 3, 4})) == "");
  CHECK(complaint(path, pinned("x", {5, 3})).find("of another rank") != std::string::npos);
  CHECK(complaint(path, pinned("x", {5, 9, 4})).find("says otherwise") != std::string::npos);
  CHECK(complaint(path, pinned("y", {5})) == "the model has no input 'y'");
  const Graph graph = load_onnx(path.string(), pinned("x", {5, 3, 4}, "named"));
  CHECK(graph.name == "named");
  CHECK(bounds_of(graph.outputs[0].value->shape) == std::vector<int64_t>{5, 3, 4});
}

TEST_CASE("ONNX files with flipped bytes never crash") {
  const TempFolder folder;
  std::mt19937 random(1);
  for (const auto& entry : fs::directory_iterator(kModels)) {
    if (entry.path().extension() != ".onnx") continue;
    const std::string whole = bytes_of_file(entry.path());
    for (int round = 0; round < 40; ++round) {
      std::string bytes = whole;
      for (int flips = 0; flips < 3; ++flips)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      complaint(folder.write("flipped.onnx", bytes));
    }
  }
}

}  // namespace tinycc
