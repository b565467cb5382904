#pragma once

#include "supervision/fault_injector.hpp"

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/sec.hpp>

#include <exception>
#include <string>

namespace talaria::supervision {

/// Has an actor that throws end with the exception's text as its reason, which its supervisor
/// shows, instead of printing it.
template <class Self>
void fail_with_exception_text(Self self) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const injected_kill&) {
      return caf::exit_reason::kill;
    } catch (const std::exception& exception) {
      return caf::make_error(caf::sec::runtime_error, std::string{exception.what()});
    } catch (...) {
      return caf::sec::runtime_error;
    }
  });
}

/// Why an actor ended, for people: the text of the exception that it threw, or what CAF calls it.
std::string describe(const caf::error& reason);

}  // namespace talaria::supervision
