using NUnit.Framework;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>How long a test waits for what is bound to come.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task Soon(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>For a state that nothing announces.</summary>
    public static Task Until(Func<bool> isSo, string what, TimeSpan? within = null) => Until(() => Task.FromResult(isSo()), what, within);

    public static async Task Until(Func<Task<bool>> isSo, string what, TimeSpan? within = null)
    {
        var until = DateTime.UtcNow + (within ?? Limit);
        while (!await isSo())
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(until), $"in time: {what}");
            await Task.Delay(Pause);
        }
    }
}
