using NUnit.Framework;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>Every client in the field, over each transport.</summary>
internal static class EachClient
{
    /// <summary>How many there are.</summary>
    public static int Count => PhoenixClientTests.Versions.Length * PhoenixClientTests.Transports.Length;

    /// <summary>Does it with all of them at once, and says of each that fails which one it is.</summary>
    public static async Task Does(Func<string, string, Task> test)
    {
        var failures = await Task.WhenAll(
            from version in PhoenixClientTests.Versions
            from transport in PhoenixClientTests.Transports
            select Task.Run(() => test(version, transport)).ContinueWith(
                done => done.Exception is { } fault ? $"{version} over {transport}: {fault.InnerException}" : null, TaskScheduler.Default));
        Assert.That(failures.OfType<string>(), Is.Empty);
    }
}
