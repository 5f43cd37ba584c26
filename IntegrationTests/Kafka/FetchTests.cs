using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary><c>make kafka</c>, from a server of the test in place of Apache's.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class FetchTests
{
    private const string Program = "bin/kafka-server-start.sh";

    private readonly List<string> _requests = [];
    private WebApplication _server = null!;
    private byte[] _release = null!;
    private string _cache = null!;

    private string Folder => Path.Combine(_cache, "rig-kafka", "kafka_2.13-4.1.0");

    private string Address => $"{_server.Urls.First()}/kafka.tgz";

    [SetUp]
    public async Task StartTheServer()
    {
        _requests.Clear();
        _release = Release(Program);
        _cache = Directory.CreateTempSubdirectory("rig-kafka-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(async context =>
        {
            _requests.Add(context.Request.Method);
            context.Response.ContentLength = _release.Length;
            if (context.Request.Method == "GET")
            {
                await context.Response.Body.WriteAsync(_release);
            }
        });
        await _server.StartAsync().Soon();
    }

    [TearDown]
    public async Task StopTheServer()
    {
        await _server.StopAsync().Soon();
        await _server.DisposeAsync();
        Directory.Delete(_cache, recursive: true);
    }

    [Test]
    public async Task Release_IsUnpackedIntoTheCache_ItsSizeSaidBefore_AndFetchedOnce()
    {
        var (code, output) = await Make("kafka", Address, Sum(_release));

        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.StartWith($"Fetching 0.0 MB from {Address} into {Folder}\n").And.Contain($"cd '{Folder}'"));
        Assert.That(File.Exists(Path.Combine(Folder, Program)));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Folder)!), Is.EqualTo([Folder]));

        (code, output) = await Make("kafka", Address, Sum(_release));

        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.StartWith($"Kafka is in {Folder} already."));
        Assert.That(_requests, Is.EqualTo(["HEAD", "GET"]));
    }

    [Test]
    public async Task MakeTest_UsesWhatIsThere_AndFetchesNothing()
    {
        StandInForDotnet("echo \"[$KAFKA_HOME]\"");
        Assert.That((await Make("test", Address)).Output.Trim(), Is.EqualTo("[]"));
        await Make("kafka", Address, Sum(_release));
        _requests.Clear();

        Assert.That((await Make("test", Address)).Output.Trim(), Is.EqualTo($"[{Folder}]"));
        Assert.That(_requests, Is.Empty);
    }

    [Test]
    public async Task MakeTest_SaysAtItsEnd_WhatTheSkippedTestsNeed()
    {
        StandInForDotnet(
            """
            cat <<'END'
            Test run for /x/IntegrationTests.dll (.NETCoreApp,Version=v10.0)
            Skipped are the tests that need Kafka. To run them, do this.
            One("a: b"): OneTimeSetUp: SetUp : Needs Kafka.
            Two: Needs Kafka.
            Three: TCP_USER_TIMEOUT is known to Linux only.
              Skipped One("a: b") [48 ms]
              Skipped Two [1 ms]
              Passed Four [1 ms]
              Failed Five [1 ms]
              Error Message:
               Needs more.
            Skipped are the tests that need a browser. To run them, do that.


                Skipped: 3
            END
            exit 3
            """);

        var (code, output) = await Make("test", Address);

        Assert.That(code, Is.Not.Zero, "what the tests say counts");
        Assert.That(output, Does.StartWith(
            """
            Test run for /x/IntegrationTests.dll (.NETCoreApp,Version=v10.0)
            Three: TCP_USER_TIMEOUT is known to Linux only.
              Failed Five [1 ms]
              Error Message:
               Needs more.

                Skipped: 3

            Skipped are the tests that need Kafka. To run them, do this.
            Skipped are the tests that need a browser. To run them, do that.

            """));
    }

    [Test]
    public async Task AnotherRelease_IsRefused_AndNothingIsKept()
    {
        var (code, output) = await Make("kafka", Address, Sum([1]));

        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain("is not the release that was expected (SHA-512)"));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Folder)!), Is.Empty);
    }

    [Test]
    public async Task ArchiveOfSomethingElse_IsRefused_AndNothingIsKept()
    {
        _release = Release("bin/other.sh");

        var (code, output) = await Make("kafka", Address, Sum(_release));

        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain($"There is no {Program}"));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Folder)!), Is.Empty);
    }

    [Test]
    public async Task FolderThatHoldsSomethingElse_IsLeftAsItIs_AndNamed()
    {
        var kept = Path.Combine(Directory.CreateDirectory(Folder).FullName, "kept");
        File.WriteAllText(kept, "");

        var (code, output) = await Make("kafka", Address, Sum(_release));

        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain($"{Folder} is there, but holds no bin/kafka-server-start.sh"));
        Assert.That(Directory.GetFileSystemEntries(Folder), Is.EqualTo([kept]));
    }

    [Test]
    public async Task NoServer_IsSaid_WithWhatToDo()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var (code, output) = await Make("kafka", $"http://127.0.0.1:{((IPEndPoint)free.LocalEndPoint!).Port}/kafka.tgz", Sum(_release));

        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain("KAFKA_URL may name another place"));
        Assert.That(Directory.GetFileSystemEntries(_cache), Is.Empty);
    }

    [Test]
    public void Checksum_IsInTheRepository() =>
        Assert.That(RepositoryFiles.Read("Makefile"), Does.Match("(?m)^KAFKA_SHA512 := [0-9a-f]{128}$").And.Match("(?m)^KAFKA_URL := https://"));

    /// <summary>Puts a script in the place of the SDK.</summary>
    private void StandInForDotnet(string script)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_cache, "bin")).FullName, "dotnet");
        File.WriteAllText(path, $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<(int Code, string Output)> Make(string target, string address, string checksum = "")
    {
        var start = new ProcessStartInfo("make", ["-s", target, $"KAFKA_URL={address}", $"KAFKA_SHA512={checksum}"])
        {
            WorkingDirectory = RepositoryFiles.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_CACHE_HOME"] = _cache;
        start.Environment["PATH"] = $"{_cache}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        // Those of a make that runs these tests are not for this one.
        foreach (var name in new[] { "KAFKA_HOME", "MAKEFLAGS", "MFLAGS", "MAKELEVEL" })
        {
            start.Environment.Remove(name);
        }

        using var make = Process.Start(start)!;
        var texts = await Task.WhenAll(make.StandardOutput.ReadToEndAsync(), make.StandardError.ReadToEndAsync()).Soon();
        await make.WaitForExitAsync().Soon();
        return (make.ExitCode, string.Concat(texts));
    }

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA512.HashData(bytes));

    /// <summary>An archive as Apache packs it: everything below one folder.</summary>
    private static byte[] Release(string file)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"kafka_2.13-4.1.0/{file}")
            {
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes("#!/bin/sh\n")),
            });
        }

        return packed.ToArray();
    }
}
