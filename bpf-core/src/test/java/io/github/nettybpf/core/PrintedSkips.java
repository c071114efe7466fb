package io.github.nettybpf.core;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Prints of each test that is skipped why: Maven's own output has only their number. */
public final class PrintedSkips implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            String reason = result.getThrowable().map(Throwable::getMessage).orElse("no reason given");
            print(test, reason.replaceFirst("^Assumption failed: ", ""));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        print(test, reason);
    }

    private static void print(TestIdentifier test, String reason) {
        System.out.println("skipped: " + test.getLegacyReportingName() + ": " + reason);
    }
}
