# Completion of godwit for bash.
_godwit() {
  local word=${COMP_WORDS[COMP_CWORD]} command= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    --config) ((i++)) ;;
    -*) ;;
    *) command=${COMP_WORDS[i]} && break ;;
    esac
  done
  if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --config || ${COMP_WORDS[COMP_CWORD - 1]} == --attach ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  local words
  case $command in
  '') words='account address check domain init options queue reload send sendmail serve status version --config --json --help' ;;
  account) words='add import list show set remove --password --password-stdin --generate --quota --disable --enable --help' ;;
  address) words='add list show set remove --into --of --help' ;;
  check) words='--store --help' ;;
  domain) words='add list show remove --help' ;;
  init) words='--domain --account --password-stdin --generate --host --data --force --help' ;;
  options) words='--markdown --man --help' ;;
  queue) words='list show retry hold release remove --sender --recipient --domain --message --state --all --help' ;;
  send) words='--from --subject --attach --raw --help' ;;
  serve) words='--foreground --demo --help' ;;
  *) words='--help' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _godwit godwit
