using System.Net;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Log;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Apis;

internal sealed class SeedFileTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Definitions_OfTheSetting_AreServedFromTheFirstRequestOn(bool asFile)
    {
        await using var service = await Service.Start(context => context.Response.WriteAsync("found"));
        var json = $"[{ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x")).ToJsonString()}]";
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "\uFEFF" + json);
            await using var app = await ProxyApp.Start(new() { ["PROXY_CONFIG_FILE"] = asFile ? path : json });
            Assert.That(await app.Call("GET", "/x").Text(), Is.EqualTo("found"));
            Assert.That((await app.Call("GET", "/y")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Read_OfBadDefinitions_SaysEverythingThatIsWrong_AndWhere()
    {
        var good = ProxyApp.Definition("a", 80, ProxyApp.Endpoint("GET", "/x")).ToJsonString();
        var bad = ProxyApp.Definition("b", 0, ProxyApp.Endpoint("FETCH", "/x")).ToJsonString();
        Assert.That(Mistakes($"[{good},{bad},{good},7]"), Is.EqualTo([
            "PROXY_CONFIG_FILE: [1].version_data.default.endpoints[0].method: expected GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.",
            "PROXY_CONFIG_FILE: [1].proxy.port: expected an integer from 1 to 65535.",
            "PROXY_CONFIG_FILE: [2].id: a is there twice.",
            "PROXY_CONFIG_FILE: [3]: expected an object."]));
    }

    [TestCase("{}", "PROXY_CONFIG_FILE: expected a JSON array of API definitions.")]
    [TestCase("[{", "PROXY_CONFIG_FILE: it is no JSON, or has a member twice, at line 1, byte 3.")]
    public void Read_OfNoArray_IsRefused(string text, string expected) => Assert.That(Mistakes(text), Is.EqualTo([expected]));

    [Test]
    public void Read_OfAFileThatIsNotThere_IsRefused()
        => Assert.That(
            Mistakes("nowhere/proxy.json").Single(),
            Does.StartWith("PROXY_CONFIG_FILE=nowhere/proxy.json: expected a file that can be read, or a JSON array."));

    [Test]
    public void Read_OfADefinitionThatAimsAtTheOwnApi_IsRefused()
        => Assert.That(
            Mistakes($"[{ProxyApp.Definition("a", 4010, ProxyApp.Endpoint("GET", "/x")).ToJsonString()}]"),
            Is.EqualTo(["PROXY_CONFIG_FILE: [0].proxy.port: expected another port: on this machine it is that of the gateway's own API."]));

    [TestCase("'[{\"add_headers\":{\"authorization\":\"hush\"}}]'")]
    [TestCase("\"[{\\\"add_headers\\\":\\\"hush\\\"}]\"")]
    [TestCase("x[ [\"hush\"]]")]
    public void Read_OfJsonThatIsTakenForAFile_DoesNotShowIt(string setting)
        => Assert.That(Mistakes(setting), Is.EqualTo(["PROXY_CONFIG_FILE=(hidden): expected a file that can be read, or a JSON array."]));

    private static List<string> Mistakes(string setting)
    {
        var mistakes = new List<string>();
        SeedFile.Read(
            setting,
            new DefinitionReader(new EndpointReader(new LogOptions()), [4010]),
            new DefinitionDefaults(TimeProvider.System),
            mistakes.Add);
        return mistakes;
    }
}
