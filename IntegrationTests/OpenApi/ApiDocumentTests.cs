using NUnit.Framework;
using NUnit.Framework.Internal;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.OpenApi;

internal sealed class ApiDocumentTests
{
    [TestCase(200, "application/json", """{"jti":"s1","expires_at":1}""", true, null)]
    [TestCase(200, "application/json", """{"jti":"s1","expires_at":"soon"}""", true, "not as documented")]
    [TestCase(200, "application/json", """{"jti":"s1","expires_at":1,"more":1}""", true, "not as documented")]
    [TestCase(200, "text/plain", "s1", true, "content type")]
    [TestCase(200, "application/json", """{"jti":"s1","expires_at":1}""", false, "has no x-request-id")]
    [TestCase(418, null, "", true, "not documented")]
    public async Task Check_FindsWhatIsNotAsDocumented(int status, string? mediaType, string body, bool hasId, string? expected)
    {
        await using var node = await GatewayNode.Start();
        var document = await ApiDocument.Of(node);
        var headers = hasId ? new Dictionary<string, string> { ["x-request-id"] = new string('r', 20) } : [];
        string? found = null;
        using (new TestExecutionContext.IsolatedContext())
        {
            try
            {
                document.Check("GET /v1/blacklist/{jti}", status, headers, mediaType, body);
            }
            catch (AssertionException failure)
            {
                found = failure.Message;
            }
        }

        Assert.That(found, expected is null ? Is.Null : Does.Contain(expected));
    }
}
