using System.Net;
using NUnit.Framework;

namespace RigKafka.Tests.Publishing;

/// <summary>JSON bodies: what is stored, and what is refused with which words.</summary>
internal sealed class PublishJsonTests : PublishingFixture
{
    [TestCase("application/json")]
    [TestCase("application/json; charset=utf-8")]
    [TestCase("application/json;charset=iso-8859-1")]
    [TestCase("Application/JSON")]
    [TestCase("application/vnd.api+json")]
    public async Task Json_IsStored_ByteForByte(string contentType)
    {
        const string Message = """{ "user" : "alice", "text": "Grüße 😀 \u00e9", "n": 1.0, "a":[1,{"b":null}] }""";
        using var response = await Post(Message, contentType);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Queued));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
        Assert.That(Log.Take(), Is.EqualTo([Message]));
        Assert.That(Log.User, Is.EqualTo("alice"));
        Assert.That(Log.Headers, Is.Empty);
    }

    [TestCase("""{"user":5}""", "5")]
    [TestCase("""{"user":null}""", "")]
    [TestCase("""{"user":true}""", "true")]
    [TestCase("""{"user":"a","_method":"DELETE"}""", "a")]
    public async Task Json_AnyScalarUser_IsStored(string message, string user)
    {
        using var response = await Post(message);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo([message]));
        Assert.That(Log.User, Is.EqualTo(user));
    }

    [Test]
    public async Task Json_OverSeveralLines_IsStored_AsOne()
    {
        using var response = await Post("{\r\n\"user\":\"a\"\n}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo(["""{  "user":"a" }"""]));
    }

    [TestCase("{\"user\":\"a\"}", "", "{\"user\":\"a\"}")]
    [TestCase("{\"n\":1}", "?user=a", "{\"user\":\"a\",\"n\":1}")]
    [TestCase("[1]", "?user=a", "{\"user\":\"a\",\"_json\":[1]}")]
    public async Task Json_WithAByteOrderMark_IsStored_WithoutIt(string json, string query, string stored)
    {
        using var response = await Post(App, "\uFEFF" + json, query: query);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo([stored]));
    }

    [Test]
    public async Task Json_Chunked_IsStored()
    {
        var message = $$"""{"user":"a","text":"{{new string('x', 100_000)}}"}""";
        using var response = await Post(message, "application/json", chunked: true);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo([message]));
    }

    [TestCase("", "{}")]
    [TestCase("{}", "{}")]
    [TestCase("""{"foo":"bar"}""", """{"foo":"bar"}""")]
    [TestCase("""["user"]""", """{"_json":["user"]}""")]
    [TestCase("\"user\"", """{"_json":"user"}""")]
    [TestCase("null", """{"_json":null}""")]
    public async Task Json_WithoutAUser_Is400_WithADump(string body, string dump)
    {
        using var response = await Post(body);
        await ExpectNoUser(response, dump);
    }

    [Test]
    public async Task Dump_IsCut_AtAThousandCharacters()
    {
        using var response = await Post($$"""{"x":"{{new string('é', 2000)}}"}""");
        await ExpectNoUser(response, $$"""{"x":"{{new string('é', 994)}}…""");
    }

    [TestCase("""{"user":{"name":"a"}}""", "Bad request: expected text or a number in field \"user\".")]
    [TestCase("""{"user":["a"]}""", "Bad request: expected text or a number in field \"user\".")]
    [TestCase("""{"user":"\ud800"}""", "Bad request: expected text or a number in field \"user\".")]
    [TestCase("""{"user":"a","user":"b"}""", "Bad request: field \"user\" stands there more than once.")]
    public async Task Json_WithAUserThatIsNone_Is400(string body, string text)
    {
        using var response = await Post(body);
        await ExpectBare(response, HttpStatusCode.BadRequest, text);
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task Json_NestedTooDeep_Is400()
    {
        using var response = await Post("{\"user\":\"a\",\"x\":" + string.Concat(Enumerable.Repeat("{\"x\":", 64)) + "1" + new string('}', 65));
        await ExpectBare(response, HttpStatusCode.BadRequest, "Bad request: nested deeper than 64 levels.");
    }

    [TestCase("{\"user\":\"a\"", "line 1, byte 12")]
    [TestCase("  ", "line 1, byte 3")]
    [TestCase("{\"user\":\"a\"} x", "line 1, byte 14")]
    [TestCase("{\"user\":\"a\nb\"}", "line 1, byte 11")]
    [TestCase("{\n\"user\": alice}", "line 2, byte 9")]
    [TestCase("user=a", "line 1, byte 1")]
    public async Task Json_Malformed_Is400_AsJson_WithThePlace(string body, string place)
    {
        using var response = await Post(body);
        await ExpectDetail(response, HttpStatusCode.BadRequest, $"Bad request: the body is not JSON ({place}).");
        using var withQuery = await Post(body, query: "?b=1");
        await ExpectDetail(withQuery, HttpStatusCode.BadRequest, $"Bad request: the body is not JSON ({place}).");
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task Json_InvalidUtf8_Is400_AsJson()
    {
        using var response = await Post([.. "{\"user\":\"a"u8, 0xff, .. "\"}"u8], "application/json");
        await ExpectDetail(response, HttpStatusCode.BadRequest, "Bad request: the body is not UTF-8.");
    }
}
