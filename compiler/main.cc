// The program `tinycc`: command line in, exit code out. Whatever goes wrong ends here, as one
// message for people; what compiling is, driver.cc says.
#include <pthread.h>

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

int run(int argc, char** argv) {
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

struct Call {
  int argc;
  char** argv;
  int status = 0;
};

void* run_call(void* data) {
  Call& call = *static_cast<Call*>(data);
  call.status = run(call.argc, call.argv);
  return nullptr;
}

}  // namespace

/// On a thread, for its stack: passes descend through expressions as deep as a model has layers, and
/// a chain of 10,000 of them needs more than the 8 MiB that main() has. Pages that nobody touches
/// cost nothing; where even their addresses are limited, less must do.
int main(int argc, char** argv) {
  Call call{argc, argv};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  for (size_t bytes = size_t{1} << 30; bytes >= size_t{16} << 20; bytes /= 4) {
    pthread_t thread{};
    pthread_attr_setstacksize(&attributes, bytes);
    if (pthread_create(&thread, &attributes, run_call, &call) != 0) continue;
    pthread_join(thread, nullptr);
    return call.status;
  }
  return run(argc, argv);
}
