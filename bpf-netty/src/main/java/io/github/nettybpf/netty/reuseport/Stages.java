package io.github.nettybpf.netty.reuseport;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Steps that wait for futures of Netty, without a thread that waits. */
final class Stages {
    private Stages() {}

    /** {@return a stage that ends as the future does} */
    static <T> CompletableFuture<T> of(Future<T> future) {
        CompletableFuture<T> stage = new CompletableFuture<>();
        future.addListener((Future<T> done) -> {
            if (done.isSuccess()) {
                stage.complete(done.getNow());
            } else {
                stage.completeExceptionally(done.cause());
            }
        });
        return stage;
    }

    /** {@return a stage that ends when the channel is closed} An event loop that is gone would not tell. */
    static CompletableFuture<Void> closed(Channel channel) {
        return channel.isOpen() ? of(channel.close()) : CompletableFuture.completedFuture(null);
    }

    /** {@return a future of Netty that ends as the stage does} */
    static <T> Future<T> toFuture(CompletionStage<T> stage) {
        Promise<T> promise = GlobalEventExecutor.INSTANCE.newPromise();
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                promise.setSuccess(value);
            } else {
                promise.setFailure(cause(failure));
            }
        });
        return promise;
    }

    /** {@return the exception that a step has thrown, without the one that stages put around it} */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
