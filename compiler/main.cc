// The program `tinycc`: command line in, exit code out. Whatever goes wrong ends here, as one
// message for people; what compiling is, driver.cc says.
#include <cstdio>
#include <exception>
#include <new>

#include "compiler/driver.h"
#include "compiler/tune/tune.h"
#include "compiler/verify/verify.h"

namespace {

int fail(const tinycc::Error& error) {
  std::fputs(error.text().c_str(), stderr);
  return static_cast<int>(error.code);
}

int fail_internally(const char* what) {
  return fail(tinycc::Error(tinycc::ExitCode::internal, what,
                            "this is a bug in tinycc; please report it with the model"));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::optional<tinycc::Options> options = tinycc::parse_options(argc, argv);
    if (!options) return 0;
    if (options->verify) return tinycc::verify_model(*options);
    return options->tune ? tinycc::tune(*options) : tinycc::run(*options);
  } catch (const tinycc::Error& error) {
    return fail(error);
  } catch (const std::bad_alloc&) {
    return fail_internally("out of memory");
  } catch (const std::exception& error) {
    return fail_internally(error.what());
  } catch (...) {
    return fail_internally("an exception of unknown type");
  }
}
