using System.Net;
using NUnit.Framework;

namespace RigKafka.Tests.Publishing;

/// <summary>Query parameters and forms, which become the fields of a message.</summary>
internal sealed class PublishFormTests : PublishingFixture
{
    [TestCase("?a=1&a=2", """{"user":"u"}""", """{"a":"2","user":"u"}""")]
    [TestCase("?a[]=x&a[]=y", """{"user":"u"}""", """{"a":["x","y"],"user":"u"}""")]
    [TestCase("?a%5Bk%5D=v", """{"user":"u"}""", """{"a":{"k":"v"},"user":"u"}""")]
    [TestCase("?a", """{"user":"u"}""", """{"a":null,"user":"u"}""")]
    [TestCase("?user=q&b=q", """{"user":"u", "b":1 }""", """{"user":"u", "b":1 }""")]
    [TestCase("?user=q", """{"b":1}""", """{"user":"q","b":1}""")]
    [TestCase("?user=q", "{ }", """{"user":"q" }""")]
    [TestCase("?user=q", "", """{"user":"q"}""")]
    [TestCase("?user=q&_json=1", "[1, 2]", """{"user":"q","_json":[1, 2]}""")]
    [TestCase("?b=1&c=2", """{"\u0062":2,"user":"u"}""", """{"c":"2","\u0062":2,"user":"u"}""")]
    [TestCase("?e=%F0%9F%98%80+%2B", """{"user":"u"}""", """{"e":"😀 +","user":"u"}""")]
    [TestCase("?", """{"user":"u"}""", """{"user":"u"}""")]
    public async Task Json_WithQuery_IsStored_WithBoth_TheBodyWins(string query, string body, string stored)
    {
        using var response = await Post(body, query: query);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo([stored]));
    }

    [TestCase("?user=%zz")]
    [TestCase("?user=%ff")]
    public async Task Query_Malformed_Is400_AsJson(string query)
    {
        using var response = await Post("""{"user":"u"}""", query: query);
        await ExpectDetail(response, HttpStatusCode.BadRequest, UnreadableForm);
    }

    [TestCase("user=alice&text=a+b%26c&n=1", "", """{"user":"alice","text":"a b&c","n":"1"}""")]
    [TestCase("user=alice", "?user=bob&x=1", """{"x":"1","user":"alice"}""")]
    [TestCase("user=alice&tags[]=a&tags[]=b&o[p][q]=1&o[p][r]=2", "", """{"user":"alice","tags":["a","b"],"o":{"p":{"q":"1","r":"2"}}}""")]
    [TestCase("user", "", """{"user":null}""")]
    public async Task Form_IsStored_AsJson(string body, string query, string stored)
    {
        using var response = await Post(body, "application/x-www-form-urlencoded", query);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo([stored]));
    }

    [TestCase("user[]=alice", "Bad request: expected text or a number in field \"user\".")]
    [TestCase("user[name]=alice", "Bad request: expected text or a number in field \"user\".")]
    public async Task Form_WithAUserThatIsNone_Is400(string body, string text)
    {
        using var response = await Post(body, "application/x-www-form-urlencoded");
        await ExpectBare(response, HttpStatusCode.BadRequest, text);
    }

    [Test]
    public async Task Form_WithoutAUser_Is400_WithADump()
    {
        using var response = await Post("foo=bar", "application/x-www-form-urlencoded");
        await ExpectNoUser(response, """{"foo":"bar"}""");
    }

    [TestCase("form-data")]
    [TestCase("mixed")]
    public async Task Multipart_IsStored_AsJson(string subType)
    {
        const string Body = "--b\r\ncontent-disposition: form-data; name=\"user\"\r\n\r\nalice\r\n"
            + "--b\r\ncontent-disposition: form-data; name=\"tags[]\"\r\n\r\nGrüße\r\n"
            + "--b\r\ncontent-type: text/plain\r\n\r\nnameless\r\n"
            + "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
        using var response = await Post(Body, $"multipart/{subType}; boundary=b");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo(["""{"user":"alice","tags":["Grüße"]}"""]));
    }

    [TestCase("multipart/form-data", "--b--")]
    [TestCase("multipart/form-data; boundary=b", "")]
    [TestCase("multipart/form-data; boundary=b", "--b\r\ncontent-disposition: form-data; name=\"user\"\r\n\r\nalice")]
    [TestCase(
        "multipart/form-data; boundary=b",
        "--b\r\ncontent-disposition: form-data; name=\"user\"; filename=\"a.txt\"\r\n\r\nalice\r\n--b--\r\n")]
    public async Task Multipart_Malformed_OrWithAFile_Is400_AsJson(string contentType, string body)
    {
        using var response = await Post(body, contentType);
        await ExpectDetail(response, HttpStatusCode.BadRequest, UnreadableForm);
    }

    [Test]
    public async Task Form_PercentEncoded_MayBeLarger_ThanTheMessage()
    {
        await using var app = await StartApp(new() { ["MESSAGE_MAX_BYTES"] = "2048" });
        using var fits = await Post(app, "user=a&x=" + string.Concat(Enumerable.Repeat("%78", 2000)), "application/x-www-form-urlencoded");
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var larger = await Post(app, "user=a&x=" + new string('x', 2100), "application/x-www-form-urlencoded");
        await ExpectDetail(larger, HttpStatusCode.RequestEntityTooLarge, TooLarge(2048));
        using var muchLarger = await Post(app, "user=a&x=" + new string('x', 200_000), "application/x-www-form-urlencoded");
        await ExpectDetail(muchLarger, HttpStatusCode.RequestEntityTooLarge, BodyTooLarge(71_680));
    }
}
