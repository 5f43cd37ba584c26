using NUnit.Framework;
using RigKafka.Listeners;

namespace RigKafka.Tests.Listeners;

internal sealed class FileSharesTests
{
    [TestCase(384, 16, 16, 16)]
    [TestCase(400, 32, 16, 16)]
    [TestCase(1024, 588, 23, 47)]
    [TestCase(8192, 6666, 247, 495)]
    [TestCase(100_000, 91_959, 1024, 6233)]
    [TestCase(1_048_576, 1_038_576, 1024, 8192)]
    public void Of_Files_SharesThemOut(int files, int clients, int api, int services)
        => Assert.That(Share(files, new()), Is.EqualTo((new FileShares(clients, api, services), Array.Empty<string>())).Using<(FileShares, string[])>(Same));

    [Test]
    public void Of_AnyNumberOfFiles_KeepsSomeBackForWhatElseTheProcessOpens()
    {
        for (var files = 400; files < 200_000; files += 61)
        {
            var (shares, mistakes) = Share(files, new());
            Assert.That(mistakes, Is.Empty);
            Assert.That(shares.Clients + shares.Api + shares.Services, Is.LessThanOrEqualTo(files - 336));
            Assert.That(shares.Clients, Is.GreaterThan(shares.Services).And.GreaterThan(shares.Api));
        }
    }

    /// <summary>What sizing.md says to set: streams × 1.45, and 350.</summary>
    [Test]
    public void Of_TheFilesThatThePageAsksFor_LeavesRoomForTheStreams()
    {
        Assert.That(RepositoryFiles.Read("docs/operations/sizing.md"), Does.Contain("streams × 1.45, and 350"));
        for (var streams = 100; streams < 200_000; streams += 61)
        {
            Assert.That(Share((int)(streams * 1.45) + 350, new()).Shares.Clients * 0.9, Is.GreaterThanOrEqualTo(streams), $"{streams} streams");
        }
    }

    [Test]
    public void Of_NoLimit_HasNone() => Assert.That(Share(int.MaxValue, new()).Shares.Clients, Is.GreaterThan(2_000_000_000));

    [Test]
    public void Of_SharesThatAreSet_TakesThem_AndLeavesTheRestToClients()
    {
        Assert.That(Share(1024, new() { Api = 100, Services = 200 }).Shares, Is.EqualTo(new FileShares(358, 100, 200)));
        Assert.That(Share(1024, new() { Clients = 358, Api = 100, Services = 200 }), Is.EqualTo((new FileShares(358, 100, 200), Array.Empty<string>())).Using<(FileShares, string[])>(Same));
    }

    [TestCase(589, 0, 0, "MAX_TCP_CONNECTIONS=589: expected at most 588,")]
    [TestCase(10, 700, 0, "API_MAX_TCP_CONNECTIONS=700: expected at most 610,")]
    [TestCase(0, 700, 0, "API_MAX_TCP_CONNECTIONS=700: expected at most 610,")]
    [TestCase(0, 0, 705, "PROXY_MAX_TCP_CONNECTIONS=705: expected at most 634,")]
    [TestCase(0, 0, 1_000_000, "PROXY_MAX_TCP_CONNECTIONS=1000000: expected at most 634,")]
    public void Of_MoreThanThereIs_IsAMistake(int clients, int api, int services, string mistake)
    {
        var mistakes = Share(1024, new() { Clients = clients, Api = api, Services = services }).Mistakes;
        Assert.That(mistakes, Has.Length.EqualTo(1));
        Assert.That(mistakes[0], Does.StartWith(mistake).And.Contain("since the process may open 1024 files (ulimit -n)"));
    }

    [Test]
    public void Of_TooFewFilesForAnything_IsAMistake() => Assert.That(Share(383, new()).Mistakes, Is.EqualTo(["ulimit -n: 383 open files are too few, expected at least 384."]));

    [Test]
    public void Limit_IsThatOfThisProcess() => Assert.That(OpenFiles.Limit(), Is.GreaterThan(383));

    private static bool Same((FileShares Shares, string[] Mistakes) one, (FileShares Shares, string[] Mistakes) other) => one.Shares == other.Shares && one.Mistakes.SequenceEqual(other.Mistakes);

    private static (FileShares Shares, string[] Mistakes) Share(int files, OpenFileOptions options)
    {
        var mistakes = new List<string>();
        return (FileShares.Of(files, options, mistakes.Add), [.. mistakes]);
    }
}
