using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NUnit.Framework;

namespace RigKafka.IntegrationTests;

/// <summary>
/// What a test needs and this machine has not: the test is skipped, and what to do is said once, in a line that <c>make test</c> shows at its end.
/// With <c>RIG_REQUIRE_KAFKA=true</c> the test fails instead.
/// </summary>
internal static class Missing
{
    private static readonly ConcurrentDictionary<string, bool> Said = new();

    /// <param name="what">What there is not, in a word or two.</param>
    /// <param name="advice">What to do, after "To run them, ".</param>
    [DoesNotReturn]
    public static void Skip(string what, string advice)
    {
        if (Environment.GetEnvironmentVariable("RIG_REQUIRE_KAFKA") == "true")
        {
            Assert.Fail($"Needs {what}: {advice}.");
        }

        if (Said.TryAdd(what, true))
        {
            TestContext.Progress.WriteLine($"Skipped are the tests that need {what}. To run them, {advice}.");
        }

        Assert.Ignore($"Needs {what}.");
        throw new InvalidOperationException();
    }

    /// <summary>Whether a program is on the path.</summary>
    public static bool IsProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
}
