using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>Decides whether a token is ours and still good. Neither the token nor what the library says of it leaves this class.</summary>
internal sealed partial class TokenVerifier
{
    private static readonly string[] Algorithms = [SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512];

    private readonly AuthOptions _options;
    private readonly TokenClaims _claims;
    private readonly ILogger<TokenVerifier> _logger;
    private readonly JsonWebTokenHandler _handler;
    private readonly TokenValidationParameters _signature;

    public TokenVerifier(AuthOptions options, TimeProvider clock, ILogger<TokenVerifier> logger)
    {
        _options = options;
        _claims = new TokenClaims(options, clock);
        _logger = logger;
        _handler = new JsonWebTokenHandler { MaximumTokenSizeInBytes = options.MaxTokenBytes };
        // The library checks the signature alone. It would take a time as text, and it reads the system's clock.
        _signature = new TokenValidationParameters
        {
            IssuerSigningKey = SecretKey.Of(options.SecretKey),
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            LogValidationExceptions = false,
        };
    }

    public async ValueTask<TokenVerdict> Verify(string token)
    {
        var verdict = await Decide(token);
        if (!verdict.Accepted)
        {
            LogRefused(verdict.Refusal.Value.Word());
        }

        return verdict;
    }

    private async ValueTask<TokenVerdict> Decide(string token)
    {
        if (_options.SecretKey.Length == 0)
        {
            return TokenVerdict.Refused(TokenRefusal.NoSecret);
        }

        // A character that takes more than one byte has no place in a token, so characters are bytes here.
        if (token.Length > _options.MaxTokenBytes)
        {
            return TokenVerdict.Refused(TokenRefusal.TooLong);
        }

        if ((TokenText.TryRead(token, out var header, out var claims) ?? Check(header)) is { } refusal)
        {
            return TokenVerdict.Refused(refusal);
        }

        var verdict = _claims.Read(claims);
        return verdict.Accepted && await CheckSignature(token) is { } reason ? TokenVerdict.Refused(reason) : verdict;
    }

    /// <summary>An extension in <c>crit</c> must be understood or the token refused (RFC 7515, section 4.1.11), and we understand none.</summary>
    private static TokenRefusal? Check(JsonElement header) =>
        header.TryGetProperty("alg", out var alg) && alg.ValueKind == JsonValueKind.String && Algorithms.Any(alg.ValueEquals) && !header.TryGetProperty("crit", out _)
            ? null
            : TokenRefusal.UnsupportedAlgorithm;

    private async ValueTask<TokenRefusal?> CheckSignature(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _signature);
        return result switch
        {
            { IsValid: true } => null,
            { Exception: SecurityTokenInvalidSignatureException } => TokenRefusal.BadSignature,
            // A registered claim that is not of its kind (RFC 7519, section 4.1), like an issuer that is a number.
            _ => TokenRefusal.Malformed,
        };
    }

    [LoggerMessage(1200, LogLevel.Information, "A token was refused: {Reason}.", EventName = "TokenRefused")]
    private partial void LogRefused(string reason);
}
