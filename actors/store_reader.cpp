#include "actors/store_reader.hpp"

#include "supervision/failure.hpp"

#include <caf/all.hpp>

namespace talaria::actors {

store_reader_actor::behavior_type store_reader(
    store_reader_actor::stateful_pointer<store_reader_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card) {
  supervision::fail_with_exception_text(self);
  self->state.card = std::move(card);
  self->state.queue = env->store.open_queue_reader();
  self->state.catalog = env->store.open_catalog();
  return {
      [self](const load_page& load) {
        ++self->state.card->messages_handled;
        self->send(load.reply_to, page_loaded{self->state.queue->page(
                                      load.subscription, load.page.until, load.page.deliveries_max,
                                      load.page.payload_bytes_max)});
      },
      [self](const load_catalog& load) {
        ++self->state.card->messages_handled;
        self->send(load.reply_to,
                   catalog_loaded{self->state.catalog->changes_since(load.since_revision)});
      },
  };
}

}  // namespace talaria::actors
